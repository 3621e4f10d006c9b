import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { SHARD } from './shard.js';

@Entity('posts', {
  comment: "1-10 photos with a caption; on their author's shard; lists are ordered by id everywhere",
})
@Index('posts_of_author', { synchronize: false })
@Index('posts_publishing', { synchronize: false })
export class Post {
  @PrimaryColumn({ type: 'smallint', comment: SHARD })
  shard!: number;

  @PrimaryColumn({
    type: 'bigint',
    comment: "Made by next_id on the author's shard; its base64url is the short code",
  })
  id!: string;

  @Column({ type: 'bigint', comment: 'Who posted it' })
  author_id!: string;

  @Column({
    type: 'text',
    comment: 'publishing until every photo is ready, then published; failed when one was rejected',
  })
  state!: string;

  @Column({ type: 'text', default: '', comment: 'As typed, NFC' })
  caption!: string;

  @Column({
    type: 'jsonb',
    default: () => "'[]'",
    comment: 'Mentions, tags and links as UTF-16 ranges of the caption',
  })
  caption_entities!: unknown;

  @Column({ type: 'text', nullable: true, comment: 'Name of the place; null for no place' })
  place_name!: string | null;

  @Column({ type: 'double precision', nullable: true, comment: 'Degrees, -90 to 90; null without a place' })
  latitude!: number | null;

  @Column({ type: 'double precision', nullable: true, comment: 'Degrees, -180 to 180; null without a place' })
  longitude!: number | null;

  @Column({ type: 'boolean', default: false, comment: 'Clients blur it until asked' })
  sensitive!: boolean;

  @Column({ type: 'text', nullable: true, comment: 'Shown instead of the photos until asked' })
  content_warning!: string | null;

  @Column({ type: 'boolean', default: false, comment: 'Nobody may add comments' })
  comments_closed!: boolean;

  @Column({ type: 'boolean', default: false, comment: 'Seen by its author only' })
  archived!: boolean;

  @Column({
    type: 'boolean',
    nullable: true,
    comment: "Whether followers' feeds received it; false is merged at read; null until published",
  })
  fanned_out!: boolean | null;

  @Column({ type: 'integer', default: 0, comment: 'Likes not hidden; folded from count_deltas' })
  likes_count!: number;

  @Column({
    type: 'integer',
    default: 0,
    comment: 'Comments neither hidden nor deleted; folded from count_deltas',
  })
  comments_count!: number;

  @Column({
    type: 'integer',
    default: 1,
    comment: 'Grows with each change that cached pages show; part of their key',
  })
  version!: number;

  @Column({ type: 'text', nullable: true, comment: 'Why it failed, as a code; null unless failed' })
  failure!: string | null;

  @Column({ type: 'bigint', nullable: true, comment: 'The rejected photo; null unless failed' })
  failed_photo_id!: string | null;

  @Column({
    type: 'bigint',
    array: true,
    nullable: true,
    comment: 'Its photos in order, which may be posted again; null unless failed',
  })
  released_photo_ids!: string[] | null;

  @Column({ type: 'timestamptz', default: () => 'now()', comment: 'When its author sent it' })
  created_at!: Date;

  @Column({ type: 'timestamptz', nullable: true, comment: 'When its last photo was ready' })
  published_at!: Date | null;

  @Column({ type: 'timestamptz', nullable: true, comment: 'When its caption or place was last changed' })
  edited_at!: Date | null;
}
