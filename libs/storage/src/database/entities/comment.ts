import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { SHARD } from './shard.js';

@Entity('comments', { comment: "Comments, one level of replies; on their post's shard" })
@Index('comments_of_author', { synchronize: false })
@Index('comments_of_post', { synchronize: false })
@Index('comments_replies', { synchronize: false })
export class Comment {
  @PrimaryColumn({ type: 'smallint', comment: SHARD })
  shard!: number;

  @PrimaryColumn({ type: 'bigint', comment: "Made by next_id on the post's shard; oldest first is by id" })
  id!: string;

  @Column({ type: 'bigint', comment: 'The post under which it stands' })
  post_id!: string;

  @Column({ type: 'bigint', comment: 'Who wrote it' })
  author_id!: string;

  @Column({
    type: 'bigint',
    nullable: true,
    comment: 'The comment that it answers, which is no reply itself',
  })
  reply_to!: string | null;

  @Column({ type: 'text', comment: 'As typed, NFC; emptied when deleted' })
  text!: string;

  @Column({
    type: 'jsonb',
    default: () => "'[]'",
    comment: 'Mentions, tags and links as UTF-16 ranges of the text',
  })
  entities!: unknown;

  @Column({ type: 'boolean', default: false, comment: 'Hidden by a block; neither counted nor listed' })
  hidden!: boolean;

  @Column({
    type: 'boolean',
    default: false,
    comment: 'Deleted with replies: stays as an empty place; not counted',
  })
  deleted!: boolean;

  @Column({ type: 'integer', default: 0, comment: 'Likes not hidden; folded from count_deltas' })
  likes_count!: number;

  @Column({
    type: 'integer',
    default: 0,
    comment: 'Replies neither hidden nor deleted; folded from count_deltas',
  })
  replies_count!: number;

  @Column({ type: 'timestamptz', default: () => 'now()', comment: 'When it was written' })
  created_at!: Date;
}

@Entity('comment_likes', { comment: "Who likes a comment; on the comment's shard" })
@Index('comment_likes_of_user', { synchronize: false })
@Index('comment_likes_newest', { synchronize: false })
export class CommentLike {
  @PrimaryColumn({ type: 'smallint', comment: SHARD })
  shard!: number;

  @PrimaryColumn({ type: 'bigint', comment: 'What is liked' })
  comment_id!: string;

  @PrimaryColumn({ type: 'bigint', comment: 'Who likes' })
  user_id!: string;

  @Column({ type: 'bigint', comment: "Orders a comment's likes" })
  id!: string;

  @Column({ type: 'boolean', default: false, comment: 'Hidden by a block; not counted' })
  hidden!: boolean;
}
