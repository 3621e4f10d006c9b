import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { LastingFolders } from './durable-files.js';
import { GrowingHash } from './hash-thread.js';
import type { PieceWriter } from './pieces.js';
import { WriteBehind } from './write-behind.js';

/** Up to this many bytes, hashing here is cheaper than in the thread. */
const SMALL = 256 * 1024;

/** A new file, written while its bytes arrive and, unless `hashed` is false, hashed. Dropping it deletes nothing. */
export class NewFile {
  readonly #file: WriteBehind;
  /** All taken chunks, while the file is small. */
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

  /** Takes a chunk, which must not change afterwards. @throws the error of an earlier write */
  async take(chunk: Uint8Array): Promise<void> {
    this.#bytes += chunk.byteLength;
    if (this.hashed) this.#grow(chunk);
    await this.#file.take(chunk);
  }

  /** Makes all taken chunks durable; the folder syncs the file's name. @throws the error of a write */
  async sync(): Promise<void> {
    await this.#file.drain();
    await this.handle.datasync();
  }

  /** Hex, of all taken chunks; call once, at the end. @throws as above */
  async sha256(): Promise<string> {
    await this.#file.drain();
    const hash = this.#hash;
    this.#hash = null;
    if (hash) return hash.digest();
    const small = createHash('sha256');
    for (const chunk of this.#small ?? []) small.update(chunk);
    return small.digest('hex');
  }

  /** Must be called in every case. */
  async close(): Promise<void> {
    // `take` or `sync` has reported a failed write; here no write may be running when the file closes.
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

/** A piece on disk: one file that grows. */
export class GrowingFile implements PieceWriter {
  #file: NewFile | undefined;
  #named = false;

  constructor(
    private readonly folders: LastingFolders,
    private readonly path: string,
    private readonly hashed: boolean,
  ) {}

  async append(chunk: Uint8Array): Promise<void> {
    this.#file ??= await this.#open();
    await this.#file.take(chunk);
  }

  async flush(): Promise<number[]> {
    if (!this.#file) return [];
    await this.#file.sync();
    if (!this.#named) await this.folders.sync(dirname(this.path));
    this.#named = true;
    return [this.#file.bytes];
  }

  async sha256(): Promise<string> {
    return (await this.#file?.sha256()) ?? '';
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  async #open(): Promise<NewFile> {
    await this.folders.make(dirname(this.path));
    return NewFile.create(this.path, this.hashed);
  }
}
