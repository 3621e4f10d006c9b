import { Injectable } from '@nestjs/common';
import { shardOf, type Id } from '@app/platform';
import { Database, type Queryable } from '../database.js';
import type { Entry, KeyPage } from './likes.js';

/** Follows, at both ends; the follower's row decides. */
@Injectable()
export class FollowRows {
  constructor(private readonly database: Database) {}

  /** Follows, or asks to (`accepted` false). False when there was a follow or a request already. */
  async insert(tx: Queryable, follower: Id, followee: Id, accepted: boolean): Promise<boolean> {
    const { count } = await tx.query(
      'follow.insert',
      `INSERT INTO follows (shard, follower_id, followee_id, id, accepted)
       VALUES ($1::int, $2, $3, next_id($1::int), $4) ON CONFLICT DO NOTHING`,
      [shardOf(follower), follower, followee, accepted],
    );
    if (count === 0) return false;
    await tx.query(
      'follower.insert',
      `INSERT INTO followers (shard, followee_id, follower_id, id, accepted)
       VALUES ($1::int, $2, $3, next_id($1::int), $4) ON CONFLICT DO NOTHING`,
      [shardOf(followee), followee, follower, accepted],
    );
    return true;
  }

  /** What ended: null when there was nothing, else whether it was an accepted follow. */
  async remove(tx: Queryable, follower: Id, followee: Id): Promise<{ accepted: boolean } | null> {
    const { rows } = await tx.query<{ accepted: boolean }>(
      'follow.delete',
      `DELETE FROM follows WHERE shard = $1 AND follower_id = $2 AND followee_id = $3 RETURNING accepted`,
      [shardOf(follower), follower, followee],
    );
    if (!rows[0]) return null;
    await tx.query(
      'follower.delete',
      `DELETE FROM followers WHERE shard = $1 AND followee_id = $2 AND follower_id = $3`,
      [shardOf(followee), followee, follower],
    );
    return rows[0];
  }

  /** Lets a request in. False when it was withdrawn or let in before. */
  async accept(tx: Queryable, follower: Id, followee: Id): Promise<boolean> {
    const { count } = await tx.query(
      'follow.accept',
      `UPDATE follows SET accepted = true WHERE shard = $1 AND follower_id = $2 AND followee_id = $3 AND NOT accepted`,
      [shardOf(follower), follower, followee],
    );
    if (count === 0) return false;
    await tx.query(
      'follower.accept',
      `UPDATE followers SET accepted = true WHERE shard = $1 AND followee_id = $2 AND follower_id = $3`,
      [shardOf(followee), followee, follower],
    );
    return true;
  }

  /** Who asks to follow a person, the oldest first. */
  async requesters(tx: Queryable, followee: Id, limit: number): Promise<Id[]> {
    const { rows } = await tx.query<{ follower_id: Id }>(
      'follower.requesters',
      `SELECT follower_id FROM followers WHERE shard = $1 AND followee_id = $2 AND NOT accepted ORDER BY id LIMIT $3`,
      [shardOf(followee), followee, limit],
    );
    return rows.map(({ follower_id }) => follower_id);
  }

  /** Who asks to follow a person, newest first. */
  async requests(user: Id, { limit, before, after }: KeyPage): Promise<Entry[]> {
    const { rows } = await this.database.query<Entry>(
      'follower.requests',
      `SELECT id, follower_id AS subject FROM followers WHERE shard = $1 AND followee_id = $2 AND NOT accepted
         AND ($3::bigint IS NULL OR id < $3) AND ($4::bigint IS NULL OR id > $4)
       ORDER BY id ${after === null ? 'DESC' : 'ASC'} LIMIT $5`,
      [shardOf(user), user, before, after, limit],
    );
    return after === null ? rows : rows.toReversed();
  }

  async followers(user: Id, page: KeyPage): Promise<Entry[]> {
    return this.page('follower.page', 'followers', 'follower_id', 'followee_id', user, page);
  }

  async following(user: Id, page: KeyPage): Promise<Entry[]> {
    return this.page('follow.page', 'follows', 'followee_id', 'follower_id', user, page);
  }

  /** Followers in the order of their ids, from `after` on: how fan-out walks them. */
  async followerIds(user: Id, after: Id, limit: number): Promise<Id[]> {
    const { rows } = await this.database.query<{ follower_id: Id }>(
      'follower.walk',
      `SELECT follower_id FROM followers WHERE shard = $1 AND followee_id = $2 AND accepted AND follower_id > $3
       ORDER BY follower_id LIMIT $4`,
      [shardOf(user), user, after, limit],
    );
    return rows.map(({ follower_id }) => follower_id);
  }

  private async page(
    name: string,
    table: string,
    subject: string,
    owner: string,
    user: Id,
    { limit, before, after }: KeyPage,
  ): Promise<Entry[]> {
    const { rows } = await this.database.query<Entry>(
      name,
      `SELECT id, ${subject} AS subject FROM ${table} WHERE shard = $1 AND ${owner} = $2 AND accepted
         AND ($3::bigint IS NULL OR id < $3) AND ($4::bigint IS NULL OR id > $4)
       ORDER BY id ${after === null ? 'DESC' : 'ASC'} LIMIT $5`,
      [shardOf(user), user, before, after, limit],
    );
    return after === null ? rows : rows.toReversed();
  }
}
