import type { Id } from '@app/platform';
import { Entity, Index } from 'typeorm';
import { Column, Key, Nullable, OnShard } from './column.js';
import type { TextEntity } from './post.js';

@Entity('comments', { comment: "Comments, in threads below a root; on their post's shard" })
@Index('comments_of_author', { synchronize: false })
@Index('comments_of_post', { synchronize: false })
@Index('comments_replies', { synchronize: false })
@Index('comments_of_thread', { synchronize: false })
@Index('comments_roots', { synchronize: false })
@Index('comments_best', { synchronize: false })
export class Comment extends OnShard {
  @Key('bigint', "Made by next_id on the post's shard; oldest first is by id") id!: Id;
  @Column('bigint', 'The post under which it stands') post_id!: Id;
  @Column('bigint', 'Who wrote it; 0 once it is deleted') author_id!: Id;
  @Nullable('bigint', 'The comment that it answers') reply_to!: Id | null;
  @Nullable(
    'bigint',
    'The root of its thread, where it answers a reply; null for roots and for replies to them',
  )
  root_id!: Id | null;
  @Column('text', 'As typed, NFC; emptied when deleted') text!: string;
  @Column('jsonb', 'Mentions, tags and links as UTF-16 ranges of the text', { default: () => "'[]'" })
  entities!: TextEntity[];
  @Column('boolean', 'Hidden by a block; neither counted nor listed', { default: false }) hidden!: boolean;
  @Column('boolean', 'Deleted with replies: stays as an empty place; not counted', { default: false })
  deleted!: boolean;
  @Column('integer', 'Likes not hidden; folded from count_deltas', { default: 0 }) likes_count!: number;
  @Column(
    'integer',
    'Replies neither hidden nor deleted, of a root all in its thread; folded from count_deltas',
    {
      default: 0,
    },
  )
  replies_count!: number;
  @Column('timestamptz', 'When it was written', { default: () => 'now()' }) created_at!: Date;
}

@Entity('comment_likes', { comment: "Who likes a comment; on the comment's shard" })
@Index('comment_likes_of_user', { synchronize: false })
@Index('comment_likes_newest', { synchronize: false })
export class CommentLike extends OnShard {
  @Key('bigint', 'What is liked') comment_id!: Id;
  @Key('bigint', 'Who likes') user_id!: Id;
  @Column('bigint', "Orders a comment's likes") id!: Id;
  @Column('boolean', 'Hidden by a block; not counted', { default: false }) hidden!: boolean;
}
