import { Injectable } from '@nestjs/common';
import { firstIdAt, limits, type Id } from '@app/platform';
import { Database, type Queryable } from '../database.js';

/** How many are kept. Once there are so many, posts below the last one are not written. */
const KEPT = 1_000;
const DAY = 24 * 60 * 60 * 1000;

/**
 * A post's likes count half as much for each half-life of its age: ordering posts by `likes / 2^(age / h)` at any moment
 * equals ordering them by `log2(likes) + posted / h`, which does not change with time. So a score is written only when
 * likes change (forward decay: Cormode, Shkapenyuk, Srivastava and Xu, ICDE 2009; Reddit's "hot" has the same form). An
 * id begins with its milliseconds since 2026.
 */
const score = `log(2, p.likes_count) + (p.id >> 23) / ${(limits.explore.halfLife * 1000).toFixed(1)}`;

const refreshSql = `WITH floor AS (
    SELECT coalesce((SELECT score FROM popular_posts ORDER BY score DESC OFFSET ${KEPT} LIMIT 1), '-infinity') AS score),
  popular AS (
    SELECT p.shard, p.id, ${score} AS score
    FROM unnest($1::bigint[]) AS given(id)
    JOIN posts p ON p.shard = shard_of(given.id) AND p.id = given.id
    JOIN users u ON u.shard = p.shard AND u.id = p.author_id
    WHERE p.likes_count > 0 AND p.id > $2 AND p.state = 'published' AND NOT p.archived
      AND NOT u.private AND u.closed_at IS NULL AND ${score} > (SELECT score FROM floor)),
  kept AS (
    INSERT INTO popular_posts (shard, post_id, score) SELECT shard, id, score FROM popular ORDER BY shard, id
    ON CONFLICT (shard, post_id) DO UPDATE SET score = excluded.score
    WHERE abs(popular_posts.score - excluded.score) > 0.01)
  DELETE FROM popular_posts USING unnest($1::bigint[]) AS given(id)
  WHERE shard = shard_of(given.id) AND post_id = given.id AND post_id NOT IN (SELECT id FROM popular)`;

/** The public posts of the last days with the most likes for their age, updated as likes are folded. */
@Injectable()
export class PopularPostRows {
  constructor(private readonly database: Database) {}

  /** Recomputes these posts: their likes or their visibility changed. */
  async refresh(posts: readonly Id[], tx: Queryable = this.database): Promise<void> {
    if (posts.length === 0) return;
    await tx.query('popularPost.refresh', refreshSql, [[...new Set(posts)], this.oldest()]);
  }

  /** The most popular first. */
  async best(limit: number): Promise<Id[]> {
    const { rows } = await this.database.query<{ id: Id }>(
      'popularPost.list',
      `SELECT post_id AS id FROM popular_posts WHERE post_id > $1 ORDER BY score DESC, post_id DESC LIMIT $2`,
      [this.oldest(), limit],
    );
    return rows.map(({ id }) => id);
  }

  /** Deletes posts that are too old, and those beyond the number that is kept. */
  async prune(): Promise<void> {
    await this.database.query(
      'popularPost.prune',
      `DELETE FROM popular_posts WHERE post_id <= $1
         OR score < (SELECT score FROM popular_posts ORDER BY score DESC OFFSET ${KEPT} LIMIT 1)`,
      [this.oldest()],
    );
  }

  private oldest(): Id {
    return firstIdAt(Date.now() - limits.explore.days * DAY);
  }
}
