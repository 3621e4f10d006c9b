import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, opendir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { FileMissing, type Repository } from './repository.js';

/** The suffix of a file that is being written. */
const PART = '.part';

const faults: Readonly<Record<string, string>> = {
  ENOSPC: 'has no room left',
  EDQUOT: 'has no room left for this user',
  EACCES: 'may not be read or written by this user',
  EPERM: 'may not be read or written by this user',
  EROFS: 'is mounted read-only',
  ENOENT: 'is not there: is its disk mounted?',
  ENOTDIR: 'is no folder',
  EIO: 'lies on a disk that fails',
  ESTALE: 'was unmounted',
};

/** Backups in a folder: readable for its owner alone, since they hold everything. */
export class FolderRepository implements Repository {
  constructor(private readonly root: string) {}

  async write(name: string, source: Readable): Promise<number> {
    const path = join(this.root, name);
    const part = `${path}${PART}`;
    await this.#makeFolders(dirname(path));
    try {
      await pipeline(source, createWriteStream(part, { mode: 0o600, flush: true }));
      await rename(part, path);
      await syncFolder(dirname(path));
    } catch (error) {
      // The failure that is thrown has the same cause.
      await rm(part, { force: true }).catch(() => undefined);
      throw error;
    }
    return (await stat(path)).size;
  }

  /** The parent has to be there. */
  async begin(cluster: string): Promise<void> {
    await makeFolder(this.root);
    await makeFolder(join(this.root, cluster));
  }

  /** Below the cluster's own, which has to be there. */
  async #makeFolders(folder: string): Promise<void> {
    let path = this.root;
    for (const [depth, part] of relative(this.root, folder).split(sep).entries()) {
      path = join(path, part);
      if (depth > 0) await makeFolder(path);
    }
  }

  async read(name: string): Promise<Readable> {
    const handle = await open(join(this.root, name)).catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'ENOENT' ? new FileMissing(name) : error;
    });
    return createReadStream('', { fd: handle });
  }

  async sizeOf(name: string): Promise<number | null> {
    return stat(join(this.root, name)).then(
      ({ size }) => size,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return null;
        throw error;
      },
    );
  }

  async *list(): AsyncGenerator<{ name: string; bytes: number }> {
    for await (const { path, size } of this.#files())
      if (!path.endsWith(PART)) yield { name: relative(this.root, path), bytes: size };
  }

  async *#files(): AsyncGenerator<{ path: string; size: number; mtime: Date }> {
    const entries = await opendir(this.root, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    for await (const entry of entries ?? []) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      // Deleted meanwhile.
      const found = await stat(path).catch(() => null);
      if (found) yield { path, size: found.size, mtime: found.mtime };
    }
  }

  async removeUnfinished(before: Date): Promise<void> {
    for await (const { path, mtime } of this.#files())
      if (path.endsWith(PART) && mtime < before) await this.#remove([path]);
  }

  remove(names: readonly string[]): Promise<void> {
    return this.#remove(names.map((name) => join(this.root, name)));
  }

  async #remove(paths: readonly string[]): Promise<void> {
    for (const path of paths) await rm(path, { force: true });
    for (const folder of new Set(paths.map((path) => dirname(path))))
      // One with something left in it stays.
      await rmdir(folder).catch(() => undefined);
  }

  faultOf(error: unknown): string | null {
    const { code = '', path = '' } = error as NodeJS.ErrnoException;
    const clause = path === '' || path.startsWith(this.root) || code === 'ENOSPC' ? faults[code] : undefined;
    return clause ? `the repository ${this.root} ${clause}` : null;
  }

  close(): void {
    // Holds nothing open.
  }
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  await handle.sync().finally(() => handle.close());
}
