import type { Queryable } from '../database/queryable.js';
import type { StoreKind } from './object-store.js';

/** How long a process caches where new objects land, in milliseconds. */
export const HOME_BELIEVED = 1_000;

/** The home of new objects: a row, so that all processes switch within a second of each other. */
export class StoreHome {
  #known: { store: StoreKind; at: number } | null = null;
  #asking: Promise<StoreKind> | null = null;

  constructor(
    private readonly database: Queryable,
    /** The first process writes this: its configured store. */
    private readonly first: StoreKind,
  ) {}

  /** At most a second old; while PostgreSQL is unreachable, the last known value. */
  async current(): Promise<StoreKind> {
    if (this.#known && Date.now() - this.#known.at < HOME_BELIEVED) return this.#known.store;
    this.#asking ??= this.#ask().finally(() => (this.#asking = null));
    return this.#asking;
  }

  async #ask(): Promise<StoreKind> {
    const at = Date.now();
    try {
      const store = (await this.read()) ?? (await this.#write());
      this.#known = { store, at };
      return store;
    } catch (error) {
      // Also covers a release that runs before its migration.
      if (this.#known) return this.#known.store;
      if ((error as { code?: string }).code === '42P01') return this.first;
      throw error;
    }
  }

  read(): Promise<StoreKind | null> {
    return this.database.value('home.read', `SELECT store FROM object_home WHERE name = 'photos'`);
  }

  async #write(): Promise<StoreKind> {
    await this.database.query(
      'home.first',
      `INSERT INTO object_home (name, store) VALUES ('photos', $1) ON CONFLICT DO NOTHING`,
      [this.first],
    );
    return (await this.read()) ?? this.first;
  }

  async change(store: StoreKind): Promise<void> {
    await this.database.query(
      'home.change',
      `INSERT INTO object_home (name, store) VALUES ('photos', $1)
       ON CONFLICT (name) DO UPDATE SET store = excluded.store, since = now() WHERE object_home.store <> excluded.store`,
      [store],
    );
    this.#known = null;
  }
}
