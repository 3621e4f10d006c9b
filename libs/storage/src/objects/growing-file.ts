import { dirname } from 'node:path';
import type { LastingFolders } from './durable-files.js';
import { NewFile } from './new-file.js';
import type { PieceWriter } from './pieces.js';

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
