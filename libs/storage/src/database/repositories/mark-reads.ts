import { Injectable } from '@nestjs/common';
import { shardOf, type Id } from '@app/platform';
import { Database } from '../database.js';

const tables = { liked: 'likes', saved: 'saves' } as const;

/** The posts that a reader liked or saved, ordered by post: for the caches, and for reads without them. */
@Injectable()
export class MarkReads {
  constructor(private readonly database: Database) {}

  /** Returns those of these posts that the reader marked. */
  async among(mark: keyof typeof tables, reader: Id, posts: readonly Id[]): Promise<Id[]> {
    const { rows } = await this.database.query<{ post_id: Id }>(
      `${mark}.among`,
      // Each by its key, as a subquery: for `= ANY` the planner may read all that the reader ever marked.
      `SELECT asked.id AS post_id FROM unnest($3::bigint[]) AS asked(id)
       WHERE (SELECT true FROM ${tables[mark]} WHERE shard = $1 AND user_id = $2 AND post_id = asked.id)`,
      [shardOf(reader), reader, posts],
    );
    return rows.map(({ post_id }) => post_id);
  }

  /** The newest posts that the reader marked: newest by the post, not by when it was marked. */
  async newest(mark: keyof typeof tables, reader: Id, limit: number): Promise<Id[]> {
    const { rows } = await this.database.query<{ post_id: Id }>(
      `${mark}.newest`,
      `SELECT post_id FROM ${tables[mark]} WHERE shard = $1 AND user_id = $2 ORDER BY post_id DESC LIMIT $3`,
      [shardOf(reader), reader, limit],
    );
    return rows.map(({ post_id }) => post_id);
  }
}
