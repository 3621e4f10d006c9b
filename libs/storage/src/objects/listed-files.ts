import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode } from './durable-files.js';
import type { StoredObject } from './object-store.js';

/** Names in the order of keys; none for a folder that is not there. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return [];
    throw error;
  }
}

async function* filesBelow(root: string, path: string): AsyncGenerator<StoredObject> {
  for (const name of await namesIn(join(root, path))) {
    const key = path === '' ? name : `${path}/${name}`;
    if (key === 'tmp') continue;
    // Gone since its folder was read.
    const found = await stat(join(root, key)).catch(() => null);
    if (found?.isDirectory()) yield* filesBelow(root, key);
    else if (found) yield { key, bytes: found.size, modifiedAt: found.mtime };
  }
}

/** The objects of a disk store whose keys begin with `prefix`; what is being written (`tmp/`) is none. */
export async function* listFiles(root: string, prefix: string): AsyncGenerator<StoredObject> {
  const folder = prefix.endsWith('/') ? prefix.slice(0, -1) : dirname(prefix).replace(/^\.$/, '');
  for await (const object of filesBelow(root, folder)) if (object.key.startsWith(prefix)) yield object;
}
