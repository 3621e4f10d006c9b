import type { Id } from '@app/platform';
import { Database } from '../database.js';

/** A figure of each table. */
export type ByTable = ReadonlyMap<string, number>;

/** A ready photo and the SHA-256 of its original, in hex. */
export interface SampledPhoto {
  id: Id;
  folder: string;
  sha256: string;
}

/** The contents of a database, for comparing a restored one with its original. Reads whole tables: for operators' programs alone. */
export class ContentRows {
  constructor(private readonly database: Database) {}

  /** Rows inserted and deleted so far, by table; some seconds late. */
  async changes(): Promise<ByTable> {
    const { rows } = await this.database.query<{ name: string; changes: number }>(
      'contents.changes',
      `SELECT s.relid::regclass::text AS name, (s.n_tup_ins + s.n_tup_del)::float AS changes
       FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid WHERE c.relpersistence = 'p'`,
    );
    return new Map(rows.map(({ name, changes }) => [name, changes]));
  }

  async counts(tables: Iterable<string>): Promise<ByTable> {
    const counts = new Map<string, number>();
    for (const table of tables) {
      const count = await this.database.value<number>(
        'contents.count',
        `SELECT count(*)::float FROM ${table}`,
      );
      counts.set(table, count ?? 0);
    }
    return counts;
  }

  async somePhotos(most: number): Promise<SampledPhoto[]> {
    const { rows } = await this.database.query<SampledPhoto>(
      'contents.photos',
      `SELECT id, folder, encode(sha256, 'hex') AS sha256 FROM photos
       WHERE state = 'ready' AND sha256 IS NOT NULL ORDER BY random() LIMIT $1`,
      [most],
    );
    return rows;
  }

  async hasPhoto({ id, folder }: SampledPhoto): Promise<boolean> {
    const sql = `SELECT true FROM photos WHERE shard = shard_of($1::bigint) AND id = $1 AND folder = $2`;
    return (await this.database.value<boolean>('contents.photo', sql, [id, folder])) ?? false;
  }
}
