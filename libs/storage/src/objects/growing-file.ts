import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncUpTo } from './durable-files.js';
import type { PieceWriter } from './pieces.js';
import { WriteBehind } from './write-behind.js';

/** A piece on disk: one file that grows. */
export class GrowingFile implements PieceWriter {
  #handle: FileHandle | undefined;
  #file: WriteBehind | undefined;
  #bytes = 0;
  #named = false;

  constructor(
    private readonly root: string,
    private readonly path: string,
  ) {}

  async append(chunk: Uint8Array): Promise<void> {
    this.#handle ??= await this.#open();
    this.#file ??= new WriteBehind(this.#handle);
    await this.#file.take(chunk);
    this.#bytes += chunk.byteLength;
  }

  async flush(): Promise<number[]> {
    if (!this.#handle) return [];
    await this.#file?.drain();
    await this.#handle.datasync();
    if (!this.#named) await syncUpTo(this.root, dirname(this.path));
    this.#named = true;
    return [this.#bytes];
  }

  async close(): Promise<void> {
    // What could not be written was told to who appended; here nothing may be under way when the file closes.
    await this.#file?.drain().catch(() => undefined);
    await this.#handle?.close();
    this.#handle = undefined;
  }

  async #open(): Promise<FileHandle> {
    await mkdir(dirname(this.path), { recursive: true, mode: 0o750 });
    return open(this.path, 'wx', 0o640);
  }
}
