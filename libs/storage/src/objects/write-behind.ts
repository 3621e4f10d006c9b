import type { FileHandle } from 'node:fs/promises';

/** Bytes gathered for one call, and bytes that may wait while another is running. */
const BATCH = 512 * 1024;
const MOST_WAITING = 768 * 1024;

/** A write may take only a part of its input; this one takes all. */
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
 * Writes a file while more of it arrives, several chunks per call: waking a thread for each of 64 kB, and waiting for it,
 * cost a quarter of an upload's time.
 */
export class WriteBehind {
  #waiting: Uint8Array[] = [];
  #bytes = 0;
  #writing: Promise<void> | null = null;
  #failure: { error: unknown } | null = null;

  constructor(
    private readonly handle: FileHandle,
    /** Called with the number of bytes newly in the file. */
    private readonly onWritten: (bytes: number) => void = () => undefined,
  ) {}

  /** Takes a chunk, which must not change afterwards; waits while too much is queued. @throws the error of an earlier write */
  async take(chunk: Uint8Array): Promise<void> {
    this.#waiting.push(chunk);
    this.#bytes += chunk.byteLength;
    if (this.#bytes >= BATCH) this.#writing ??= this.#write(BATCH);
    while (this.#bytes > MOST_WAITING && this.#writing) await this.#writing;
    this.#check();
  }

  /** Resolves when all taken chunks are written (not yet synced). @throws as above */
  async drain(): Promise<void> {
    while (this.#writing) await this.#writing;
    await this.#write(1);
    this.#check();
  }

  #check(): void {
    if (this.#failure) throw this.#failure.error;
  }

  /** Writes while `least` bytes wait. Never rejects: the next `take` or `drain` throws the failure. */
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
