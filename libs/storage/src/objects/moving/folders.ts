import { partsOfKey } from '../object-keys.js';
import type { ObjectStore, StoredObject } from '../object-store.js';

/** The objects of one folder, as a store lists them. */
export interface Folder {
  folder: string;
  objects: Map<string, StoredObject>;
}

/** Parses a key; null for a file that is not ours, such as an operator's own. */
function parts(key: string) {
  try {
    return partsOfKey(key);
  } catch {
    return null;
  }
}

/** A store's listing, folder by folder; keys that are not ours go to `strange`. */
export async function* foldersOf(
  store: ObjectStore,
  strange: (key: string) => void = () => undefined,
): AsyncGenerator<Folder> {
  let current: Folder | null = null;
  for await (const object of store.list('')) {
    const place = parts(object.key);
    if (!place) {
      strange(object.key);
      continue;
    }
    if (current && current.folder !== place.folder) {
      yield current;
      current = null;
    }
    current ??= { folder: place.folder, objects: new Map() };
    current.objects.set(place.name, object);
  }
  if (current) yield current;
}

/** The objects of one folder of a store. */
export async function namesIn(store: ObjectStore, folder: string): Promise<Map<string, StoredObject>> {
  const objects = new Map<string, StoredObject>();
  for await (const object of store.list(`${folder}/`))
    objects.set(object.key.slice(folder.length + 1), object);
  return objects;
}

/** Runs `work` for each item, some at once; the first failure stops it, once the running ones have ended. */
export async function eachOf<Item>(
  items: AsyncIterable<Item>,
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.asyncIterator]();
  let failed = false;
  const lane = async () => {
    while (!failed) {
      const next = await iterator.next();
      if (next.done) return;
      await work(next.value).catch((error: unknown) => {
        failed = true;
        throw error;
      });
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: atOnce }, lane));
  const failure = ends.find((end) => end.status === 'rejected');
  if (failure) throw failure.reason;
}
