import { Injectable } from '@nestjs/common';
import { firstIdAt, limits, type Id } from '@app/platform';
import { Database } from '../database.js';
import { keyOf, type Queryable } from '../queryable.js';

/** How many posts and how many people are kept. Once there are so many, those below the last one are not written. */
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
    WHERE p.likes_count > 0 AND p.id > $2 AND p.state = 'published' AND NOT p.archived AND p.taken_at IS NULL
      AND NOT u.private AND u.closed_at IS NULL AND ${score} > (SELECT score FROM floor)),
  kept AS (
    INSERT INTO popular_posts (shard, post_id, score) SELECT shard, id, score FROM popular ORDER BY shard, id
    ON CONFLICT (shard, post_id) DO UPDATE SET score = excluded.score
    WHERE abs(popular_posts.score - excluded.score) > 0.01)
  DELETE FROM popular_posts USING unnest($1::bigint[]) AS given(id)
  WHERE shard = shard_of(given.id) AND post_id = given.id AND post_id NOT IN (SELECT id FROM popular)`;

const floor = `coalesce((SELECT followers FROM popular_people ORDER BY followers DESC OFFSET ${KEPT} LIMIT 1), 0)`;

/**
 * The public posts of the last days with the most likes for their age, and the people with the most followers. Both change
 * with the counts: no query scans all posts or people for them.
 */
@Injectable()
export class PopularRows {
  constructor(private readonly database: Database) {}

  /** Recomputes these posts: their likes or their visibility changed. */
  async refreshPosts(posts: readonly Id[], tx: Queryable = this.database): Promise<void> {
    if (posts.length === 0) return;
    await tx.query('popularPost.refresh', refreshSql, [[...new Set(posts)], this.oldest()]);
  }

  /** The most popular first. */
  bestPosts(limit: number): Promise<Id[]> {
    return this.database.values(
      'popularPost.list',
      `SELECT post_id AS id FROM popular_posts WHERE post_id > $1 ORDER BY score DESC, post_id DESC LIMIT $2`,
      [this.oldest(), limit],
    );
  }

  /** Deletes posts that are too old, and those beyond the number that is kept. */
  async prunePosts(): Promise<void> {
    await this.database.query(
      'popularPost.prune',
      `DELETE FROM popular_posts WHERE post_id <= $1
         OR score < (SELECT score FROM popular_posts ORDER BY score DESC OFFSET ${KEPT} LIMIT 1)`,
      [this.oldest()],
    );
  }

  async notePerson(user: Id, followers: number): Promise<void> {
    const place = keyOf(user, followers);
    const { count } = await this.database.query(
      'popular.note',
      `INSERT INTO popular_people (shard, user_id, followers) SELECT shard, id, $3::int FROM users
       WHERE shard = $1 AND id = $2 AND closed_at IS NULL AND $3::int > ${floor}
       ON CONFLICT (shard, user_id) DO UPDATE SET followers = excluded.followers`,
      place,
    );
    if (count > 0) return;
    await this.database.query(
      'popular.drop',
      `DELETE FROM popular_people WHERE shard = $1 AND user_id = $2 AND $3::int <= ${floor}`,
      place,
    );
  }

  async prunePeople(): Promise<void> {
    await this.database.query('popular.prune', `DELETE FROM popular_people WHERE followers < ${floor}`);
  }

  private oldest(): Id {
    return firstIdAt(Date.now() - limits.explore.days * DAY);
  }
}
