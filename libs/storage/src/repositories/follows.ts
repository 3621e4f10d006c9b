import { Injectable } from '@nestjs/common';
import { shardOf, type Id } from '@app/platform';
import { Database, type Queryable } from '../database.js';
import { entryPage, type Entry, type EntryList, type KeyPage } from './entry-page.js';

const followers = { table: 'followers', owner: 'followee_id', subject: 'follower_id' };
const lists = {
  followers: { ...followers, name: 'follower.page', filter: 'accepted' },
  requests: { ...followers, name: 'follower.requests', filter: 'NOT accepted' },
  following: {
    name: 'follow.page',
    table: 'follows',
    owner: 'follower_id',
    subject: 'followee_id',
    filter: 'accepted',
  },
} as const satisfies Record<string, EntryList>;

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
      `SELECT follower_id FROM followers WHERE shard = $1 AND followee_id = $2 AND NOT accepted AND id > 0 ORDER BY id LIMIT $3`,
      [shardOf(followee), followee, limit],
    );
    return rows.map(({ follower_id }) => follower_id);
  }

  /** Who asks to follow a person, newest first. */
  requests(user: Id, page: KeyPage): Promise<Entry[]> {
    return entryPage(this.database, lists.requests, user, page);
  }

  followers(user: Id, page: KeyPage): Promise<Entry[]> {
    return entryPage(this.database, lists.followers, user, page);
  }

  following(user: Id, page: KeyPage): Promise<Entry[]> {
    return entryPage(this.database, lists.following, user, page);
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
}
