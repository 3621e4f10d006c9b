import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { Database } from '../database.js';

/** A row that has waited for so long is stuck: every kind is looked at again within seconds. */
const STUCK = 60;

/** Rows of one kind that wait for later work: how many (counted up to 10,000) and how old the oldest is, in seconds. */
export interface Pending {
  kind: 'photos' | 'posts' | 'outbox' | 'deltas';
  count: number;
  age: number;
  /** How many have waited for longer than a minute. */
  stuck: number;
  /** The oldest of them; null when there is none. */
  oldest: Id | null;
}

const waiting = (kind: Pending['kind'], from: string): string =>
  `SELECT '${kind}' AS kind, count(*)::int AS count, coalesce(extract(epoch FROM now() - min(created_at)), 0)::float AS age,
     count(*) FILTER (WHERE created_at < now() - interval '${STUCK} seconds')::int AS stuck,
     (array_agg(id ORDER BY created_at))[1]::text AS oldest
   FROM (SELECT id, created_at FROM ${from} LIMIT 10000) AS ${kind}`;

const sql = [
  waiting('photos', `photos WHERE state = 'processing'`),
  waiting('posts', `posts WHERE state = 'publishing'`),
  waiting('outbox', 'outbox'),
  waiting('deltas', 'count_deltas'),
].join(' UNION ALL ');

/** What waits for later work. The system is quiet when every count is 0: that figure operators watch and tests wait for. */
@Injectable()
export class PendingRows {
  constructor(private readonly database: Database) {}

  async read(): Promise<Pending[]> {
    return (await this.database.query<Pending>('pending.read', sql)).rows;
  }
}
