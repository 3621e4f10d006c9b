import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { Database } from '../database.js';
import type { Comment } from '../entities/comment.js';
import { keyOf, type Queryable } from '../queryable.js';
import { entryPage, type Entry, type EntryList, type KeyPage } from './entry-page.js';

const lists = {
  blocked: { name: 'block.page', table: 'blocks', owner: 'blocker_id', subject: 'blocked_id' },
  muted: { name: 'mute.page', table: 'mutes', owner: 'muter_id', subject: 'muted_id' },
} as const satisfies Record<string, EntryList>;

/** The rows to hide or show: those of `actor` on posts of `owner` older than `before` (null: from the newest on). */
export interface TogglePage {
  owner: Id;
  actor: Id;
  hidden: boolean;
  before: Id | null;
  limit: number;
}

export interface BlockOf {
  blocker: Id;
  blocked: Id;
}

export interface ToggledLikes {
  /** Posts whose like changed. */
  posts: Id[];
  /** The oldest post of a full page; null when there are no older ones. */
  next: Id | null;
}

/** A comment that a block hid or an unblock showed again. */
export type ToggledComment = Pick<Comment, 'id' | 'post_id' | 'reply_to' | 'root_id'>;

export interface ToggledComments {
  comments: ToggledComment[];
  /** There may be others: as many were found as requested. */
  more: boolean;
}

const postsOf = (archived: string): string =>
  `(SELECT id FROM posts WHERE shard = $1 AND author_id = $2 AND archived = ${archived}
      AND id < coalesce($5::bigint, 9223372036854775807) ORDER BY id DESC LIMIT $6)`;

/**
 * Looks a like up by key for each post of a page. Arrays, not joins: with statistics from before a flood of likes the
 * planner chose a nested loop for the join, and a block of 2,100 likes did not finish in four minutes.
 */
const toggleLikesSql = `WITH looked AS MATERIALIZED (
    SELECT id FROM (${postsOf('false')} UNION ALL ${postsOf('true')}) AS posts ORDER BY id DESC LIMIT $6),
  changed AS (UPDATE post_likes SET hidden = $4
    WHERE shard = $1 AND post_id = ANY(ARRAY(SELECT id FROM looked)) AND user_id = $3 AND hidden <> $4 RETURNING post_id)
  SELECT ARRAY(SELECT post_id FROM changed) AS posts,
    (SELECT min(id) FROM looked HAVING count(*) = $6) AS next`;

/** Counts the rows found, not those changed: of two concurrent runs, the second must not take the first's work for the end. */
const toggleCommentsSql = `WITH found AS MATERIALIZED (
    SELECT c.id FROM comments c
    WHERE c.author_id = $3 AND c.shard = $1 AND c.hidden <> $4 AND NOT c.deleted
      AND (SELECT p.author_id FROM posts p WHERE p.shard = $1 AND p.id = c.post_id) = $2 LIMIT $5),
  changed AS (UPDATE comments c SET hidden = $4
    WHERE c.shard = $1 AND c.id = ANY(ARRAY(SELECT id FROM found)) AND c.hidden <> $4
    RETURNING c.id, c.post_id, c.reply_to, c.root_id)
  SELECT changed.*, full_page.more FROM (SELECT count(*) = $5 AS more FROM found) AS full_page LEFT JOIN changed ON true`;

/** Counts as `toggleCommentsSql` does. Comments live on the shard of their post's owner, so few of a person's likes are read. */
const toggleCommentLikesSql = `WITH found AS MATERIALIZED (
    SELECT l.comment_id AS id FROM comment_likes l
    WHERE l.user_id = $3 AND l.shard = $1 AND l.hidden <> $4
      AND (SELECT p.author_id FROM comments c JOIN posts p ON p.shard = c.shard AND p.id = c.post_id
           WHERE c.shard = $1 AND c.id = l.comment_id) = $2 LIMIT $5),
  changed AS (UPDATE comment_likes SET hidden = $4
    WHERE shard = $1 AND comment_id = ANY(ARRAY(SELECT id FROM found)) AND user_id = $3 AND hidden <> $4
    RETURNING comment_id)
  SELECT ARRAY(SELECT comment_id FROM changed) AS comments, (SELECT count(*) = $5 FROM found) AS more`;

/** Blocks, at both ends (the blocker's row decides), and mutes, at the muter's end only. */
@Injectable()
export class BlockRows {
  constructor(private readonly database: Database) {}

  /** False when both ends had it before. */
  async block(tx: Queryable, blocker: Id, blocked: Id): Promise<boolean> {
    const made = await tx.query(
      'block.insert',
      `INSERT INTO blocks (shard, blocker_id, blocked_id, id) VALUES ($1::int, $2, $3, next_id($1::int))
       ON CONFLICT DO NOTHING`,
      keyOf(blocker, blocked),
    );
    const told = await tx.query(
      'blockedBy.insert',
      `INSERT INTO blocked_by (shard, blocked_id, blocker_id, id) VALUES ($1::int, $2, $3, next_id($1::int))
       ON CONFLICT DO NOTHING`,
      keyOf(blocked, blocker),
    );
    return made.count + told.count > 0;
  }

  /** False when neither end had it. */
  async unblock(tx: Queryable, blocker: Id, blocked: Id): Promise<boolean> {
    const ended = await tx.query(
      'block.delete',
      `DELETE FROM blocks WHERE shard = $1 AND blocker_id = $2 AND blocked_id = $3`,
      keyOf(blocker, blocked),
    );
    const told = await tx.query(
      'blockedBy.delete',
      `DELETE FROM blocked_by WHERE shard = $1 AND blocked_id = $2 AND blocker_id = $3`,
      keyOf(blocked, blocker),
    );
    return ended.count + told.count > 0;
  }

  /** Whether the block exists; if so, it stays until this transaction ends. */
  stands(tx: Queryable, blocker: Id, blocked: Id): Promise<boolean> {
    return tx.touchesOne(
      'block.stands',
      `SELECT 1 FROM blocks WHERE shard = $1 AND blocker_id = $2 AND blocked_id = $3 FOR SHARE`,
      keyOf(blocker, blocked),
    );
  }

  /** Hides or shows a person's likes on one page of another's posts. */
  async toggleLikes(tx: Queryable, page: TogglePage): Promise<ToggledLikes> {
    const { owner, actor, hidden, before, limit } = page;
    const parameters = keyOf(owner, actor, hidden, before, limit);
    const { rows } = await tx.query<ToggledLikes>('block.toggleLikes', toggleLikesSql, parameters);
    return rows[0] ?? { posts: [], next: null };
  }

  /** Hides or shows up to `limit` comments by a person on another's posts. */
  async toggleComments(tx: Queryable, page: Omit<TogglePage, 'before'>): Promise<ToggledComments> {
    const { owner, actor, hidden, limit } = page;
    const parameters = keyOf(owner, actor, hidden, limit);
    const { rows } = await tx.query<ToggledComment & { more: boolean }>(
      'block.toggleComments',
      toggleCommentsSql,
      parameters,
    );
    return { comments: rows.filter(({ id }) => id !== null), more: rows[0]?.more === true };
  }

  /** Hides or shows up to `limit` likes by a person of comments on another's posts. */
  async toggleCommentLikes(
    tx: Queryable,
    page: Omit<TogglePage, 'before'>,
  ): Promise<{ comments: Id[]; more: boolean }> {
    const { owner, actor, hidden, limit } = page;
    const parameters = keyOf(owner, actor, hidden, limit);
    const { rows } = await tx.query<{ comments: Id[]; more: boolean }>(
      'block.toggleCommentLikes',
      toggleCommentLikesSql,
      parameters,
    );
    return rows[0] ?? { comments: [], more: false };
  }

  mute(muter: Id, muted: Id, tx: Queryable): Promise<boolean> {
    return tx.touchesOne(
      'mute.insert',
      `INSERT INTO mutes (shard, muter_id, muted_id, id) VALUES ($1::int, $2, $3, next_id($1::int))
       ON CONFLICT DO NOTHING`,
      keyOf(muter, muted),
    );
  }

  unmute(muter: Id, muted: Id, tx: Queryable): Promise<boolean> {
    return tx.touchesOne(
      'mute.delete',
      `DELETE FROM mutes WHERE shard = $1 AND muter_id = $2 AND muted_id = $3`,
      keyOf(muter, muted),
    );
  }

  blocked(blocker: Id, page: KeyPage): Promise<Entry[]> {
    return entryPage(this.database, lists.blocked, blocker, page);
  }

  muted(muter: Id, page: KeyPage): Promise<Entry[]> {
    return entryPage(this.database, lists.muted, muter, page);
  }

  /** Every block that involves this person, either way: for closing an account. */
  everyBlockOf(user: Id, limit: number): Promise<BlockOf[]> {
    return this.database.list(
      'block.every',
      `(SELECT blocker_id AS blocker, blocked_id AS blocked FROM blocks WHERE shard = $1 AND blocker_id = $2 LIMIT $3)
       UNION ALL
       (SELECT blocker_id, blocked_id FROM blocked_by WHERE shard = $1 AND blocked_id = $2 LIMIT $3)`,
      keyOf(user, limit),
    );
  }
}
