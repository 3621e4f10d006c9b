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

/** The state of one end of a follow: followed, requested, or (null) neither. */
export type FollowEnd = 'accepted' | 'requested' | null;
/** The state of the follower's end, and of the followee's. */
export type FollowEnds = readonly [mine: FollowEnd, theirs: FollowEnd];
type EndName = 'follow' | 'follower';

const ends = {
  follow: { table: 'follows', owner: 'follower_id', other: 'followee_id' },
  follower: { table: 'followers', owner: 'followee_id', other: 'follower_id' },
} as const;

/** Follows, at both ends; the follower's row decides. They change only under the pair's lock (relation-locks.ts). */
@Injectable()
export class FollowRows {
  constructor(private readonly database: Database) {}

  async ends(tx: Queryable, follower: Id, followee: Id): Promise<FollowEnds> {
    return Promise.all([
      this.end(tx, 'follow', follower, followee),
      this.end(tx, 'follower', followee, follower),
    ]);
  }

  async end(tx: Queryable, name: EndName, owner: Id, other: Id): Promise<FollowEnd> {
    const { table, owner: mine, other: theirs } = ends[name];
    const { rows } = await tx.query<{ accepted: boolean }>(
      `${name}.end`,
      `SELECT accepted FROM ${table} WHERE shard = $1 AND ${mine} = $2 AND ${theirs} = $3`,
      [shardOf(owner), owner, other],
    );
    if (!rows[0]) return null;
    return rows[0].accepted ? 'accepted' : 'requested';
  }

  async write(
    tx: Queryable,
    name: EndName,
    [owner, other]: readonly [Id, Id],
    end: FollowEnd,
  ): Promise<void> {
    const { table, owner: mine, other: theirs } = ends[name];
    const place = [shardOf(owner), owner, other];
    if (end === null) {
      const sql = `DELETE FROM ${table} WHERE shard = $1 AND ${mine} = $2 AND ${theirs} = $3`;
      await tx.query(`${name}.delete`, sql, place);
      return;
    }
    await tx.query(
      `${name}.insert`,
      `INSERT INTO ${table} (shard, ${mine}, ${theirs}, id, accepted) VALUES ($1::int, $2, $3, next_id($1::int), $4)
       ON CONFLICT (shard, ${mine}, ${theirs}) DO UPDATE SET accepted = excluded.accepted`,
      [...place, end === 'accepted'],
    );
  }

  /** The people who request to follow a person, oldest first. */
  async requesters(tx: Queryable, followee: Id, limit: number): Promise<Id[]> {
    const { rows } = await tx.query<{ follower_id: Id }>(
      'follower.requesters',
      `SELECT follower_id FROM followers WHERE shard = $1 AND followee_id = $2 AND NOT accepted AND id > 0 ORDER BY id LIMIT $3`,
      [shardOf(followee), followee, limit],
    );
    return rows.map(({ follower_id }) => follower_id);
  }

  /** The people who request to follow a person, newest first. */
  requests(user: Id, page: KeyPage): Promise<Entry[]> {
    return entryPage(this.database, lists.requests, user, page);
  }

  followers(user: Id, page: KeyPage): Promise<Entry[]> {
    return entryPage(this.database, lists.followers, user, page);
  }

  following(user: Id, page: KeyPage): Promise<Entry[]> {
    return entryPage(this.database, lists.following, user, page);
  }

  /** Followers in the order of their ids, from `after` on: the order of fan-out. */
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
