import { HOME_BELIEVED, type StoreHome } from './store-home.js';
import type { DiskStore } from './disk-store.js';
import { objectKey, partsOfKey } from './object-keys.js';
import {
  ObjectMissing,
  type ByteRange,
  type ObjectInfo,
  type ObjectRead,
  type ObjectStore,
  type PresignBound,
  type PresignedPut,
  type StoredObject,
  type StoreHealth,
  type StoreKind,
  type WriteOptions,
  type Written,
} from './object-store.js';
import { LatePieces, type PieceOptions, type PieceWriter } from './pieces.js';

/** The stores that a process may use. */
export interface Stores {
  s3: ObjectStore | null;
  /** Null if there is no disk store and `make` is false. */
  disk(make: boolean): Promise<DiskStore | null>;
}

/**
 * The configured stores, as one. New objects land at home, which a row names; reads try home first, then the other store,
 * then home again: a move first copies, then deletes, so one of the three finds the object, whichever way it moves and
 * however stale this process's view is.
 */
export class TwoStores implements ObjectStore {
  constructor(
    private readonly stores: Stores,
    private readonly where: StoreHome,
  ) {}

  home(): Promise<StoreKind> {
    return this.where.current();
  }

  async write(key: string, source: AsyncIterable<Uint8Array>, options: WriteOptions): Promise<Written> {
    const kind = await this.home();
    const store = await this.at(kind);
    const began = Date.now();
    const written = await store.write(key, source, options);
    // An object written while home changed follows, so that nothing new is in the old store two seconds later.
    if (Date.now() - began > HOME_BELIEVED && (await this.home()) !== kind) {
      await this.follow(store, key, options);
    }
    return written;
  }

  read(key: string, range?: ByteRange): Promise<ObjectRead> {
    return this.found((store) => store.read(key, range));
  }

  asFile(key: string, scratchPath: string): Promise<string> {
    return this.found((store) => store.asFile(key, scratchPath));
  }

  async stat(key: string): Promise<ObjectInfo | null> {
    for (const store of await this.inTurn()) {
      const info = await store.stat(key);
      if (info) return info;
    }
    return null;
  }

  async staysOnDisk(key: string): Promise<boolean> {
    return (await this.home()) === 'disk' && (await this.atHome()).staysOnDisk(key);
  }

  pieces(folder: string, name: string, options: PieceOptions): PieceWriter {
    return new LatePieces(async () => (await this.atHome()).pieces(folder, name, options));
  }

  async rename(folder: string, from: string, to: string, bytes: number): Promise<boolean> {
    const [home, other] = await this.each();
    if (await home.rename(folder, from, to, bytes)) return true;
    const [old, fresh] = [objectKey(folder, from), objectKey(folder, to)];
    if (!other || (await home.stat(fresh)) || (await other.stat(old))?.bytes !== bytes) return false;
    // It was uploaded before home changed, or by a URL signed before.
    const { stream } = await other.read(old);
    await home.write(fresh, stream, { contentType: 'application/octet-stream', limit: bytes });
    await this.remove(folder, [from]);
    return true;
  }

  async presign(key: string, bound: PresignBound): Promise<PresignedPut | null> {
    return (await this.atHome()).presign(key, bound);
  }

  async remove(folder: string, names: readonly string[]): Promise<void> {
    for (const store of await this.inTurn()) await store.remove(folder, names);
  }

  async trash(folder: string, names: readonly string[], day: string): Promise<void> {
    for (const store of await this.inTurn()) await store.trash(folder, names, day);
  }

  async restore(folder: string, names: readonly string[], day: string): Promise<string[]> {
    const restored = new Set<string>();
    for (const store of await this.inTurn())
      for (const name of await store.restore(folder, names, day)) restored.add(name);
    return names.filter((name) => restored.has(name));
  }

  async *list(prefix: string): AsyncGenerator<StoredObject> {
    for (const store of await this.each()) yield* store.list(prefix);
  }

  async purgeTrash(day: string): Promise<number> {
    let days = 0;
    for (const store of await this.each()) days = Math.max(days, await store.purgeTrash(day));
    return days;
  }

  async sweepUnfinished(before: Date): Promise<number> {
    let swept = 0;
    for (const store of await this.each()) swept += await store.sweepUnfinished(before);
    return swept;
  }

  async check(): Promise<StoreHealth> {
    const [home, ...others] = await this.each();
    const [health] = await Promise.all([home.check(), ...others.map((store) => store.check())]);
    return health;
  }

  async close(): Promise<void> {
    await this.stores.s3?.close();
  }

  /** @throws Error when the row names a store that this process has no settings for */
  async at(kind: StoreKind): Promise<ObjectStore> {
    const store = kind === 's3' ? this.stores.s3 : await this.stores.disk(true);
    if (store) return store;
    throw new Error(
      `expected S3_BUCKET and what belongs to it, since objects are in S3 (see docs/storage.md), but it is not set`,
    );
  }

  private async follow(old: ObjectStore, key: string, options: WriteOptions): Promise<void> {
    const { folder, name } = partsOfKey(key);
    const source = await old.read(key).catch((error: unknown) => {
      // The mover has already moved it.
      if (error instanceof ObjectMissing) return null;
      throw error;
    });
    if (!source) return;
    await (await this.atHome()).write(key, source.stream, { contentType: options.contentType });
    await old.remove(folder, [name]);
  }

  private async atHome(): Promise<ObjectStore> {
    return this.at(await this.home());
  }

  /** Home, then the other store if there is one. */
  private async each(): Promise<[ObjectStore, ...ObjectStore[]]> {
    const kind = await this.home();
    const other = kind === 's3' ? await this.stores.disk(false) : this.stores.s3;
    const home = await this.at(kind);
    return other ? [home, other] : [home];
  }

  /**
   * Like `each`, and home once more: finds objects that move home while the other store is read, and also deletes copies
   * made meanwhile, in either direction.
   */
  private async inTurn(): Promise<[ObjectStore, ...ObjectStore[]]> {
    const [home, ...others] = await this.each();
    return others.length > 0 ? [home, ...others, home] : [home];
  }

  private async found<Result>(ask: (store: ObjectStore) => Promise<Result>): Promise<Result> {
    let missing: unknown;
    for (const store of await this.inTurn()) {
      try {
        return await ask(store);
      } catch (error) {
        if (!(error instanceof ObjectMissing)) throw error;
        missing = error;
      }
    }
    throw missing;
  }
}
