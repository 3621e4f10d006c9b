import { Injectable } from '@nestjs/common';
import { compareIds, type Id } from '@app/platform';
import { Database } from '../database.js';
import { keyOf, type Queryable } from '../queryable.js';
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

/**
 * The connected ($2) followers of these posts' authors. If an author has fewer followers than there are connected people,
 * all followers are read; otherwise each connected person is looked up: never more rows than the smaller of the two.
 */
const connectedSql = `WITH authors AS MATERIALIZED (
    SELECT DISTINCT u.id, u.followers_count <= cardinality($2::bigint[]) AS small
    FROM unnest($1::bigint[]) AS delivered(id)
    JOIN posts p ON p.shard = shard_of(delivered.id) AND p.id = delivered.id AND p.state = 'published' AND NOT p.archived
    JOIN users u ON u.shard = p.shard AND u.id = p.author_id AND u.closed_at IS NULL)
  SELECT f.follower_id AS id FROM authors a
  CROSS JOIN LATERAL (SELECT follower_id FROM followers
    WHERE shard = shard_of(a.id) AND followee_id = a.id AND accepted) f WHERE a.small
  UNION ALL
  SELECT f.follower_id FROM authors a CROSS JOIN unnest($2::bigint[]) AS connected(id)
  JOIN followers f ON f.shard = shard_of(a.id) AND f.followee_id = a.id AND f.follower_id = connected.id AND f.accepted
  WHERE NOT a.small`;

// Relations between two people change, and are checked, under these locks (docs/decisions/0052). They are PostgreSQL's
// advisory locks: thousands may follow one person at once without writing that person's row.

/**
 * Call before a change between two people (follow, request, block, mute, and their ends): locks both accounts shared, so
 * that neither turns private or closes, and the pair exclusively. Always the lower id first, so that no two transactions
 * deadlock.
 */
export async function lockPair(tx: Queryable, one: Id, other: Id): Promise<void> {
  const [lower, higher] = [one, other].sort(compareIds);
  await tx.query(
    'relation.lockPair',
    `SELECT pg_advisory_xact_lock_shared($1::bigint), pg_advisory_xact_lock_shared($2::bigint),
       pg_advisory_xact_lock(hashint8($1::bigint), hashint8($2::bigint))`,
    [lower, higher],
  );
}

/** Call before an account turns private or public, or closes: no relation of this person changes until the transaction ends. */
export async function lockAccount(tx: Queryable, id: Id): Promise<void> {
  await tx.query('relation.lockAccount', `SELECT pg_advisory_xact_lock($1::bigint)`, [id]);
}

/** Follows, at both ends; the follower's row decides. They change only under `lockPair`. */
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
      keyOf(owner, other),
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
    const place = keyOf(owner, other);
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
  requesters(tx: Queryable, followee: Id, limit: number): Promise<Id[]> {
    return tx.values(
      'follower.requesters',
      `SELECT follower_id FROM followers WHERE shard = $1 AND followee_id = $2 AND NOT accepted AND id > 0 ORDER BY id LIMIT $3`,
      keyOf(followee, limit),
    );
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
  followerIds(user: Id, after: Id, limit: number): Promise<Id[]> {
    return this.database.values(
      'follower.walk',
      `SELECT follower_id FROM followers WHERE shard = $1 AND followee_id = $2 AND accepted AND follower_id > $3
       ORDER BY follower_id LIMIT $4`,
      keyOf(user, after, limit),
    );
  }

  /** The connected followers of these posts' authors: starts from the connected people, since most followers are not connected. */
  async connected(posts: readonly Id[], connected: readonly Id[]): Promise<Set<Id>> {
    return new Set(await this.database.values<Id>('live.audience', connectedSql, [posts, connected]));
  }
}
