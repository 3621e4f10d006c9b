import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  ObjectTooLarge,
  RangeOutside,
  type ByteRange,
  type ObjectRead,
  type Written,
} from './object-store.js';

/** Rejects when the signal fires; never resolves. */
function rejectionOf(signal: AbortSignal): Promise<never> {
  const rejection = new Promise<never>((_, reject) => {
    const fail = () => reject(signal.reason as Error);
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
  // It may fire when nobody waits for it any more.
  rejection.catch(() => undefined);
  return rejection;
}

/** Counts and hashes bytes as they pass from a source to a store, and stops them at a limit or a signal. */
export class Measure {
  readonly #hash = createHash('sha256');
  #bytes = 0;

  constructor(
    private readonly limit: number | undefined,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /**
   * Passes every chunk on; fails before the first chunk above the limit. A signal ends it also while the source is
   * silent, which a plain `for await` would sit out: hence the race, and hence nobody waits for the source's end.
   */
  async *pass(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const iterator = source[Symbol.asyncIterator]();
    const aborted = this.signal && rejectionOf(this.signal);
    let exhausted = false;
    try {
      for (;;) {
        const next = await (aborted ? Promise.race([iterator.next(), aborted]) : iterator.next());
        if (next.done) break;
        this.#take(next.value);
        yield next.value;
      }
      exhausted = true;
    } finally {
      if (!exhausted) {
        iterator.return?.().catch(() => undefined);
        if (source instanceof Readable) source.destroy();
      }
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** To be called once, at the end. */
  finish(): Written {
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }

  #take(chunk: Uint8Array): void {
    this.#bytes += chunk.byteLength;
    if (this.limit !== undefined && this.#bytes > this.limit) throw new ObjectTooLarge(this.limit);
    this.#hash.update(chunk);
  }
}

/** The part of an object of `bytes` that a range asks for. */
export function partOf(bytes: number, range: ByteRange | undefined): Omit<ObjectRead, 'stream'> {
  const start = range?.start ?? 0;
  if (range && start >= bytes) throw new RangeOutside(bytes);
  return { bytes, start, end: Math.min(range?.end ?? bytes - 1, bytes - 1) };
}
