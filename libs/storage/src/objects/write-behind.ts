import type { FileHandle } from 'node:fs/promises';

/** Bytes that are gathered for one call, and that may wait while another is under way. */
const BATCH = 512 * 1024;
const MOST_WAITING = 768 * 1024;

/** A write may take a part of what it is given; this one takes all. */
async function writeAll(handle: FileHandle, chunks: readonly Uint8Array[]): Promise<void> {
  let left = chunks;
  while (left.length > 0) {
    let { bytesWritten } = await handle.writev(left as Uint8Array[]);
    const rest: Uint8Array[] = [];
    for (const chunk of left) {
      if (bytesWritten < chunk.byteLength) rest.push(chunk.subarray(bytesWritten));
      bytesWritten = Math.max(0, bytesWritten - chunk.byteLength);
    }
    left = rest;
  }
}

/**
 * Writes a file while more of it arrives, some chunks by one call: waking a thread for each of 64 kB, and waiting for it,
 * cost a quarter of an upload's time.
 */
export class WriteBehind {
  #waiting: Uint8Array[] = [];
  #bytes = 0;
  #writing: Promise<void> | null = null;
  #failure: { error: unknown } | null = null;

  constructor(
    private readonly handle: FileHandle,
    /** Told of so many bytes more that are in the file. */
    private readonly onWritten: (bytes: number) => void = () => undefined,
  ) {}

  /** Takes a chunk, which must not change any more; waits only while too much waits. @throws what an earlier write met */
  async take(chunk: Uint8Array): Promise<void> {
    this.#waiting.push(chunk);
    this.#bytes += chunk.byteLength;
    if (this.#bytes >= BATCH) this.#writing ??= this.#write(BATCH);
    while (this.#bytes > MOST_WAITING && this.#writing) await this.#writing;
    this.#check();
  }

  /** Settles when all that was taken is written (which is not yet synced). @throws as above */
  async drain(): Promise<void> {
    while (this.#writing) await this.#writing;
    await this.#write(1);
    this.#check();
  }

  #check(): void {
    if (this.#failure) throw this.#failure.error;
  }

  /** As long as so many bytes wait. Never rejects: a failure is told to whoever takes or drains next. */
  async #write(least: number): Promise<void> {
    try {
      while (this.#bytes >= least) {
        const [chunks, bytes] = [this.#waiting, this.#bytes];
        this.#waiting = [];
        this.#bytes = 0;
        await writeAll(this.handle, chunks);
        this.onWritten(bytes);
      }
    } catch (error) {
      this.#failure ??= { error };
      this.#waiting = [];
      this.#bytes = 0;
    }
    this.#writing = null;
  }
}
