import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { GrowingHash } from './hash-thread.js';
import { WriteBehind } from './write-behind.js';

/** Up to so many bytes, hashing them here costs less than to have it done. */
const SMALL = 256 * 1024;

/**
 * A file that did not exist, written behind the arrival of its bytes and, unless `hashed` is false, hashed. Of one that is
 * dropped nothing is deleted.
 */
export class NewFile {
  readonly #file: WriteBehind;
  /** What was taken, as long as it is small. */
  #small: Uint8Array[] | null = [];
  #hash: GrowingHash | null = null;
  #bytes = 0;

  private constructor(
    private readonly path: string,
    private readonly handle: FileHandle,
    private readonly hashed: boolean,
  ) {
    this.#file = new WriteBehind(handle, (bytes) => this.#hash?.written(bytes));
  }

  /** @throws EEXIST */
  static async create(path: string, hashed = true): Promise<NewFile> {
    return new NewFile(path, await open(path, 'wx', 0o640), hashed);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Takes a chunk, which must not change any more. @throws what an earlier write met */
  async take(chunk: Uint8Array): Promise<void> {
    this.#bytes += chunk.byteLength;
    if (this.hashed) this.#grow(chunk);
    await this.#file.take(chunk);
  }

  /** Makes what was taken last; its name is the folder's matter. @throws what a write met */
  async sync(): Promise<void> {
    await this.#file.drain();
    await this.handle.datasync();
  }

  /** Hex, of everything that was taken; to be asked once, at the end. @throws as above */
  async sha256(): Promise<string> {
    await this.#file.drain();
    const hash = this.#hash;
    this.#hash = null;
    if (hash) return hash.digest();
    const small = createHash('sha256');
    for (const chunk of this.#small ?? []) small.update(chunk);
    return small.digest('hex');
  }

  /** To be called in every case. */
  async close(): Promise<void> {
    // What could not be written was told to who took or synced; here nothing may be under way when the file closes.
    await this.#file.drain().catch(() => undefined);
    this.#hash?.drop();
    this.#hash = null;
    await this.handle.close();
  }

  #grow(chunk: Uint8Array): void {
    if (!this.#small) return;
    this.#small.push(chunk);
    if (this.#bytes <= SMALL) return;
    this.#small = null;
    this.#hash = new GrowingHash(this.path);
  }
}
