import { randomBytes } from 'node:crypto';
import { access, constants, mkdir, open, readdir, rename, rm, stat, statfs, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { errorCode, LastingFolders, removeFiles, syncFolder, unless } from './durable-files.js';
import { Measure, partOf } from './measure.js';
import { listFiles } from './listed-files.js';
import { GrowingFile, NewFile } from './new-file.js';
import { assertAnyFolder, assertDay, assertFolder, assertKey, assertName, objectKey } from './object-keys.js';
import {
  ObjectMissing,
  type ByteRange,
  type ObjectInfo,
  type ObjectRead,
  type ObjectStore,
  type StoredObject,
  type StoreHealth,
  type WriteOptions,
  type Written,
} from './object-store.js';
import type { PieceOptions, PieceWriter } from './pieces.js';

/**
 * Objects as files: `<root>/ab/cdef…/<name>`, beside `tmp/` (being written) and `trash/<day>/` (deleted). All of it is
 * one file system, so that objects appear and disappear by rename.
 */
export class DiskStore implements ObjectStore {
  readonly #folders: LastingFolders;

  private constructor(private readonly root: string) {
    this.#folders = new LastingFolders(root);
  }

  static async open(folder: string): Promise<DiskStore> {
    const root = resolve(folder);
    for (const part of ['tmp', 'trash']) await mkdir(join(root, part), { recursive: true, mode: 0o750 });
    return new DiskStore(root);
  }

  home(): Promise<'disk'> {
    return Promise.resolve('disk');
  }

  presign(): Promise<null> {
    return Promise.resolve(null);
  }

  async write(key: string, source: AsyncIterable<Uint8Array>, options: WriteOptions): Promise<Written> {
    const path = this.#path(key);
    const temporary = join(this.root, 'tmp', randomBytes(16).toString('hex'));
    try {
      const written = await this.#writeTemporary(temporary, source, options);
      await this.#folders.make(dirname(path));
      await rename(temporary, path);
      await this.#folders.sync(dirname(path));
      return written;
    } catch (error) {
      await unless(['ENOENT'], unlink(temporary));
      throw error;
    }
  }

  async read(key: string, range?: ByteRange): Promise<ObjectRead> {
    const handle = await open(this.#path(key), 'r').catch((error: unknown) => missing(key, error));
    try {
      const part = partOf((await handle.stat()).size, range);
      const { start, end } = part;
      if (end >= start) return { ...part, stream: handle.createReadStream({ start, end }) };
      await handle.close();
      return { ...part, stream: Readable.from([]) };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async stat(key: string): Promise<ObjectInfo | null> {
    try {
      const { size, mtime } = await stat(this.#path(key));
      return { bytes: size, modifiedAt: mtime };
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return null;
      throw error;
    }
  }

  async staysOnDisk(key: string): Promise<boolean> {
    return (await this.stat(key)) !== null;
  }

  async asFile(key: string): Promise<string> {
    const path = this.#path(key);
    await access(path, constants.R_OK).catch((error: unknown) => missing(key, error));
    return path;
  }

  pieces(folder: string, name: string, { hashed }: PieceOptions): PieceWriter {
    return new GrowingFile(this.#folders, this.#path(objectKey(folder, `${name}n0`)), hashed);
  }

  async rename(folder: string, from: string, to: string, bytes: number): Promise<boolean> {
    const path = this.#path(objectKey(folder, from));
    const there = await this.stat(objectKey(folder, to));
    // A missing object cannot be renamed: returns false.
    const found = await stat(path).catch(() => null);
    if (found?.size !== bytes) return false;
    if (there?.bytes === bytes) return true;
    if (!(await unless(['ENOENT'], rename(path, this.#path(objectKey(folder, to)))))) return false;
    await syncFolder(dirname(path));
    return true;
  }

  async remove(folder: string, names: readonly string[]): Promise<void> {
    await removeFiles(join(this.root, assertAnyFolder(folder)), names.map(assertName));
  }

  list(prefix: string): AsyncGenerator<StoredObject> {
    return listFiles(this.root, prefix);
  }

  async trash(folder: string, names: readonly string[], day: string): Promise<void> {
    const from = join(this.root, assertFolder(folder));
    await this.#folders.move(from, this.#trash(folder, day), names.map(assertName));
  }

  restore(folder: string, names: readonly string[], day: string): Promise<string[]> {
    return this.#folders.move(this.#trash(folder, day), join(this.root, folder), names.map(assertName));
  }

  async purgeTrash(day: string): Promise<number> {
    const trash = join(this.root, 'trash');
    const days = (await readdir(trash)).filter((name) => name < assertDay(day));
    for (const name of days) await rm(join(trash, name), { recursive: true, force: true });
    return days.length;
  }

  async sweepUnfinished(before: Date): Promise<number> {
    let swept = 0;
    for (const name of await readdir(join(this.root, 'tmp'))) {
      const path = join(this.root, 'tmp', name);
      // Each chunk of a running write renews its file's modification time.
      const age = await stat(path).catch(() => null);
      if (age && age.mtime < before && (await unless(['ENOENT'], unlink(path)))) swept += 1;
    }
    return swept;
  }

  async check(): Promise<StoreHealth> {
    await access(join(this.root, 'tmp'), constants.W_OK);
    const { bavail, blocks, bsize } = await statfs(this.root);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  }

  async close(): Promise<void> {
    // Nothing stays open between calls.
  }

  #path(key: string): string {
    return join(this.root, assertKey(key));
  }

  #trash(folder: string, day: string): string {
    return join(this.root, 'trash', assertDay(day), assertFolder(folder));
  }

  async #writeTemporary(
    path: string,
    source: AsyncIterable<Uint8Array>,
    options: WriteOptions,
  ): Promise<Written> {
    const measure = new Measure(options.limit, options.signal);
    const file = await NewFile.create(path);
    try {
      for await (const chunk of measure.pass(source)) await file.take(chunk);
      const [sha256] = await Promise.all([file.sha256(), file.sync()]);
      return { bytes: measure.bytes, sha256 };
    } finally {
      await file.close();
    }
  }
}

function missing(key: string, cause: unknown): never {
  if (errorCode(cause) === 'ENOENT') throw new ObjectMissing(key, { cause });
  throw cause;
}
