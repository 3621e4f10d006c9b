import type { Dirent, Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode } from './durable-files.js';
import type { StoredObject } from './object-store.js';

/** In key order; none for a missing folder. */
async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return [];
    throw error;
  }
}

/** The stats of a file, or of a link's target, which may be a folder; null when it is gone since its folder was read. */
async function statOf(path: string, entry: Dirent): Promise<Stats | null> {
  // Gone since its folder was read.
  return entry.isDirectory() ? null : stat(path).catch(() => null);
}

/** Reads the stats of one folder's files together: one after the other, each would wait for a thread to wake up. */
async function* filesBelow(root: string, path: string): AsyncGenerator<StoredObject> {
  const entries = await entriesOf(join(root, path));
  const stats = await Promise.all(entries.map((entry) => statOf(join(root, path, entry.name), entry)));
  for (const [index, entry] of entries.entries()) {
    const key = path === '' ? entry.name : `${path}/${entry.name}`;
    if (key === 'tmp') continue;
    const found = stats[index];
    if (entry.isDirectory() || found?.isDirectory()) yield* filesBelow(root, key);
    else if (found) yield { key, bytes: found.size, modifiedAt: found.mtime };
  }
}

/** The objects of a disk store whose keys begin with `prefix`, without files being written (`tmp/`). */
export async function* listFiles(root: string, prefix: string): AsyncGenerator<StoredObject> {
  const folder = prefix.endsWith('/') ? prefix.slice(0, -1) : dirname(prefix).replace(/^\.$/, '');
  for await (const object of filesBelow(root, folder)) if (object.key.startsWith(prefix)) yield object;
}
