import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { Database } from '../database.js';
import type { Comment } from '../entities/comment.js';
import type { Photo } from '../entities/photo.js';
import type { Post } from '../entities/post.js';
import { keyOf } from '../queryable.js';
import { keyPage, type Entry, type KeyPage } from './entry-page.js';

const photo = [
  'id',
  'post_id',
  'state',
  'folder',
  'bytes',
  'type',
  'alt_text',
  'width',
  'height',
  'renditions',
  'created_at',
] as const satisfies readonly (keyof Photo)[];
export type OwnPhoto = Pick<Photo, (typeof photo)[number]>;

/** Everything that a person made, in pages, newest first: for their export. */
@Injectable()
export class OwnRows {
  constructor(private readonly database: Database) {}

  /** All photos whose original has arrived. */
  photos(owner: Id, page: KeyPage): Promise<OwnPhoto[]> {
    const select = `SELECT ${photo.join(', ')} FROM photos WHERE shard = $1 AND owner_id = $2 AND state <> 'uploading'`;
    return keyPage(this.database, ['own.photos', select, keyOf(owner)], page);
  }

  /** Also archived ones, and those that were never published. */
  posts(author: Id, page: KeyPage): Promise<Post[]> {
    const select = `SELECT * FROM posts WHERE shard = $1 AND author_id = $2`;
    return keyPage(this.database, ['own.posts', select, keyOf(author)], page);
  }

  /** On everybody's posts; they are on those posts' shards. */
  comments(author: Id, page: KeyPage): Promise<Comment[]> {
    const select = `SELECT * FROM comments WHERE author_id = $1 AND NOT deleted`;
    return keyPage(this.database, ['own.comments', select, [author]], page);
  }

  /** The comments that a person likes. */
  commentLikes(user: Id, page: KeyPage): Promise<Entry[]> {
    const select = `SELECT id, comment_id AS subject FROM comment_likes WHERE user_id = $1`;
    return keyPage(this.database, ['own.commentLikes', select, [user]], page);
  }
}
