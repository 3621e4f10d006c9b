import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncUpTo, writeAll } from './durable-files.js';
import type { PieceWriter } from './pieces.js';

/** A piece on disk: one file that grows. */
export class GrowingFile implements PieceWriter {
  #handle: FileHandle | undefined;
  #bytes = 0;
  #named = false;

  constructor(
    private readonly root: string,
    private readonly path: string,
  ) {}

  async append(chunk: Uint8Array): Promise<void> {
    this.#handle ??= await this.#open();
    await writeAll(this.#handle, chunk);
    this.#bytes += chunk.byteLength;
  }

  async flush(): Promise<number[]> {
    if (!this.#handle) return [];
    await this.#handle.datasync();
    if (!this.#named) await syncUpTo(this.root, dirname(this.path));
    this.#named = true;
    return [this.#bytes];
  }

  async close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
  }

  async #open(): Promise<FileHandle> {
    await mkdir(dirname(this.path), { recursive: true, mode: 0o750 });
    return open(this.path, 'wx', 0o640);
  }
}
