import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { Database } from '../database.js';

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

/** The people to notify of new posts: starts from the connected people, since most followers are not connected. */
@Injectable()
export class LiveAudience {
  constructor(private readonly database: Database) {}

  async of(posts: readonly Id[], connected: readonly Id[]): Promise<Set<Id>> {
    const { rows } = await this.database.query<{ id: Id }>('live.audience', connectedSql, [posts, connected]);
    return new Set(rows.map(({ id }) => id));
  }
}
