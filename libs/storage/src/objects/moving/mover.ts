import type { ObjectCopy } from '../../database/entities/installation.js';
import type { Queryable } from '../../database/queryable.js';
import { partsOfKey } from '../object-keys.js';
import type { ObjectStore, StoredObject, StoreKind } from '../object-store.js';
import { ORIGINAL } from '@app/platform/photos';
import { copyVerified, hashIfAny } from './copied.js';
import { namesIn, type Folder } from './folders.js';

type CopyIntent = Pick<ObjectCopy, 'folder' | 'store' | 'names'>;

/**
 * Copies in progress, recorded before their first byte. A photo that is deleted while it is copied may leave its copy:
 * the copying process checks afterwards, and if it was killed before that, the next one does.
 */
export class CopyIntents {
  constructor(private readonly database: Queryable) {}

  async note({ folder, store, names }: CopyIntent): Promise<void> {
    await this.database.query(
      'copies.note',
      `INSERT INTO object_copies (folder, store, names) VALUES ($1, $2, $3)
       ON CONFLICT (folder) DO UPDATE SET store = excluded.store, names = excluded.names`,
      [folder, store, names],
    );
  }

  async forget(folder: string): Promise<void> {
    await this.database.query('copies.forget', `DELETE FROM object_copies WHERE folder = $1`, [folder]);
  }

  all(): Promise<CopyIntent[]> {
    return this.database.list('copies.all', `SELECT folder, store, names FROM object_copies`);
  }
}

export interface Route {
  from: ObjectStore;
  to: ObjectStore;
  target: StoreKind;
}

/** Receives every finished object, and conflicts for an operator. */
export interface Watcher {
  done(bytes: number): void;
  conflict(text: string): void;
}

/** Copies folders from one store to another, and empties the source once the target has everything. */
export class Mover {
  constructor(
    private readonly route: Route,
    private readonly intents: CopyIntents,
    private readonly watcher: Watcher,
  ) {}

  /** Copies what the other store lacks; a copy of the same size is compared with the source before the source is deleted. */
  async copy({ folder, objects }: Folder): Promise<void> {
    const there = await namesIn(this.route.to, folder);
    const missing = [...objects].filter(([name, { bytes }]) => there.get(name)?.bytes !== bytes);
    await this.copyNames(
      folder,
      missing.map(([name]) => name),
    );
    for (const { bytes } of objects.values()) this.watcher.done(bytes);
  }

  /** Deletes a folder's objects from the source: those just copied, and those whose copy has the same hash. */
  async drain({ folder, objects }: Folder): Promise<void> {
    const there = await namesIn(this.route.to, folder);
    const missing = [...objects.keys()].filter((name) => !there.has(name));
    const copied = new Set(await this.copyNames(folder, missing));
    const moved: string[] = [];
    for (const [name, object] of objects) {
      if (copied.has(name) || (await this.settled(object))) moved.push(name);
      this.watcher.done(object.bytes);
    }
    await this.route.from.remove(folder, moved);
  }

  /** Cleans up after a killed run: deletes copies whose source is gone. */
  async finishInterrupted(stores: Record<StoreKind, ObjectStore | null>): Promise<void> {
    for (const { folder, store, names } of await this.intents.all()) {
      const [to, from] = store === 's3' ? [stores.s3, stores.disk] : [stores.disk, stores.s3];
      if (from && to) await this.removeOrphans(from, to, folder, names);
      await this.intents.forget(folder);
    }
  }

  /** Returns the copies that exist now. Checks the source again: an object deleted while it was copied does not come back. */
  private async copyNames(folder: string, names: readonly string[]): Promise<string[]> {
    if (names.length === 0) return [];
    const { from, to, target } = this.route;
    await this.intents.note({ folder, store: target, names: [...names] });
    const copied: string[] = [];
    for (const name of names) if (await copyVerified(from, to, `${folder}/${name}`)) copied.push(name);
    const gone = await this.removeOrphans(from, to, folder, names);
    await this.intents.forget(folder);
    return copied.filter((name) => !gone.includes(name));
  }

  private async removeOrphans(
    from: ObjectStore,
    to: ObjectStore,
    folder: string,
    names: readonly string[],
  ): Promise<string[]> {
    const there = await namesIn(from, folder);
    const gone = names.filter((name) => !there.has(name));
    if (gone.length > 0) await to.remove(folder, gone);
    return gone;
  }

  /**
   * Whether the target has this object for good. If both differ, the later one counts: a photo was developed again
   * meanwhile, into the store that was home then. Originals are never written again, so a person has to check those.
   */
  private async settled({ key }: StoredObject): Promise<boolean> {
    const { from, to } = this.route;
    const [source, copy] = await Promise.all([hashIfAny(from, key), hashIfAny(to, key)]);
    if (source === null || source === copy) return true;
    if (partsOfKey(key).name === ORIGINAL && copy !== null) {
      this.watcher.conflict(
        `${key}: the original differs between the stores (SHA-256 ${source} and ${copy})`,
      );
      return false;
    }
    const [old, fresh] = await Promise.all([from.stat(key), to.stat(key)]);
    if (old && fresh && fresh.modifiedAt >= old.modifiedAt) return true;
    return copyVerified(from, to, key);
  }
}
