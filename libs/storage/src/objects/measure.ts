import type { Hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { ObjectTooLarge, RangeOutside, type ByteRange, type ObjectRead } from './object-store.js';

/**
 * The next chunk, or the signal's reason if that comes first. Adds one listener per chunk, and removes it: a race against
 * one promise for the whole source would hold every chunk until its end, since a promise keeps its reactions.
 */
function nextUnless<Item>(iterator: AsyncIterator<Item>, signal: AbortSignal): Promise<IteratorResult<Item>> {
  return new Promise((resolve, reject) => {
    const fail = () => reject(signal.reason as Error);
    if (signal.aborted) {
      fail();
      return;
    }
    signal.addEventListener('abort', fail, { once: true });
    iterator
      .next()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', fail));
  });
}

/** Counts bytes between a source and a store, hashes them if requested, and stops them at a limit or a signal. */
export class Measure {
  #bytes = 0;

  constructor(
    private readonly limit: number | undefined,
    private readonly signal: AbortSignal | undefined,
    private readonly hash?: Hash,
  ) {}

  /**
   * Passes every chunk on; throws before the first chunk above the limit. A signal also ends it while the source is
   * silent, unlike a plain `for await`; and nobody waits for the source's end.
   */
  async *pass(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const iterator = source[Symbol.asyncIterator]();
    let exhausted = false;
    try {
      for (;;) {
        const next = await (this.signal ? nextUnless(iterator, this.signal) : iterator.next());
        if (next.done) break;
        this.#take(next.value);
        yield next.value;
      }
      exhausted = true;
    } finally {
      if (!exhausted) {
        // The reason for stopping is already thrown.
        iterator.return?.().catch(() => undefined);
        if (source instanceof Readable) source.destroy();
      }
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  #take(chunk: Uint8Array): void {
    this.#bytes += chunk.byteLength;
    if (this.limit !== undefined && this.#bytes > this.limit) throw new ObjectTooLarge(this.limit);
    this.hash?.update(chunk);
  }
}

/** The part of an object of `bytes` that a range requests. */
export function partOf(bytes: number, range: ByteRange | undefined): Omit<ObjectRead, 'stream'> {
  const start = range?.start ?? 0;
  if (range && start >= bytes) throw new RangeOutside(bytes);
  return { bytes, start, end: Math.min(range?.end ?? bytes - 1, bytes - 1) };
}
