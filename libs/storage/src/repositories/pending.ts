import { Injectable } from '@nestjs/common';
import { Database } from '../database.js';

/** Rows of one kind that wait for later work: how many (counted up to 10,000) and how old the oldest is, in seconds. */
export interface Pending {
  kind: 'photos' | 'posts' | 'outbox' | 'deltas';
  count: number;
  age: number;
}

const waiting = (kind: Pending['kind'], from: string): string =>
  `SELECT '${kind}' AS kind, count(*)::int AS count, coalesce(extract(epoch FROM now() - min(created_at)), 0)::float AS age
   FROM (SELECT created_at FROM ${from} LIMIT 10000) AS ${kind}`;

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
