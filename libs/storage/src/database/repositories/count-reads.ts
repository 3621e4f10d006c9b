import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { Database } from '../database.js';

/** A post's current counts, folded and unfolded; and the versions that its cached text depends on. */
export interface PostCounts {
  id: Id;
  likes: number;
  comments: number;
  version: number;
  author: Id;
  authorVersion: number;
}

export interface UserCounts {
  id: Id;
  posts: number;
  followers: number;
  following: number;
  version: number;
}

/** The unfolded deltas of one subject's count. */
const unfolded = (subject: string, counter: string): string =>
  `(SELECT coalesce(sum(d.delta), 0) FROM count_deltas d
     WHERE d.shard = ${subject}.shard AND d.subject_id = ${subject}.id AND d.counter = '${counter}')`;

/** One statement, so one snapshot: a concurrent fold moves deltas into the row, and the sum stays the same. */
const postsSql = `SELECT p.id, p.version, p.author_id AS author, u.version AS "authorVersion",
    (p.likes_count + ${unfolded('p', 'post.likes')})::int AS likes,
    (p.comments_count + ${unfolded('p', 'post.comments')})::int AS comments
  FROM unnest($1::bigint[]) AS asked(id)
  JOIN posts p ON p.shard = shard_of(asked.id) AND p.id = asked.id
  JOIN users u ON u.shard = shard_of(p.author_id) AND u.id = p.author_id`;

const usersSql = `SELECT u.id, u.version,
    (u.posts_count + ${unfolded('u', 'user.posts')})::int AS posts,
    (u.followers_count + ${unfolded('u', 'user.followers')})::int AS followers,
    (u.following_count + ${unfolded('u', 'user.following')})::int AS following
  FROM unnest($1::bigint[]) AS asked(id)
  JOIN users u ON u.shard = shard_of(asked.id) AND u.id = asked.id`;

/** Counts as every reader must see them, for the caches, and for reads without them. */
@Injectable()
export class CountReads {
  constructor(private readonly database: Database) {}

  /** Deleted posts are not in the answer. */
  async posts(ids: readonly Id[]): Promise<PostCounts[]> {
    return (await this.database.query<PostCounts>('counts.posts', postsSql, [ids])).rows;
  }

  async users(ids: readonly Id[]): Promise<UserCounts[]> {
    return (await this.database.query<UserCounts>('counts.users', usersSql, [ids])).rows;
  }
}
