import type { Id } from '@app/platform';
import { Entity, Index } from 'typeorm';
import { Column, Key, Nullable, OnShard } from './column.js';

export type PostState = 'publishing' | 'published' | 'failed';

/** A name in a caption or a comment; the range is in UTF-16 units, [start, end). */
export type TextEntity =
  | { type: 'hashtag'; start: number; end: number; tag: string }
  | { type: 'mention'; start: number; end: number; userId: Id };

@Entity('posts', {
  comment: "1-10 photos with a caption; on their author's shard; lists are ordered by id everywhere",
})
@Index('posts_of_author', { synchronize: false })
@Index('posts_in_profile', { synchronize: false })
@Index('posts_publishing', { synchronize: false })
export class Post extends OnShard {
  @Key('bigint', "Made by next_id on the author's shard; its base64url is the short code") id!: Id;
  @Column('bigint', 'Who posted it') author_id!: Id;
  @Column('text', 'publishing until every photo is ready, then published; failed when one was rejected')
  state!: PostState;
  @Column('text', 'As typed, NFC', { default: '' }) caption!: string;
  @Column('jsonb', 'Mentions, tags and links as UTF-16 ranges of the caption', { default: () => "'[]'" })
  caption_entities!: TextEntity[];
  @Nullable('text', 'Name of the place; null for no place') place_name!: string | null;
  @Nullable('double precision', 'Degrees, -90 to 90; null without a place') latitude!: number | null;
  @Nullable('double precision', 'Degrees, -180 to 180; null without a place') longitude!: number | null;
  @Column('boolean', 'Clients blur it until asked', { default: false }) sensitive!: boolean;
  @Nullable('text', 'Shown instead of the photos until asked') content_warning!: string | null;
  @Column('boolean', 'Nobody may add comments', { default: false }) comments_closed!: boolean;
  @Column('boolean', 'Seen by its author only', { default: false }) archived!: boolean;
  @Nullable('boolean', "Whether followers' feeds received it; false is merged at read; null until published")
  fanned_out!: boolean | null;
  @Column('integer', 'Likes not hidden; folded from count_deltas', { default: 0 }) likes_count!: number;
  @Column('integer', 'Comments neither hidden nor deleted; folded from count_deltas', { default: 0 })
  comments_count!: number;
  @Column('integer', 'Grows with each change that cached pages show; part of their key', { default: 1 })
  version!: number;
  @Nullable('text', 'Why it failed, as a code; null unless failed') failure!: string | null;
  @Nullable('bigint', 'The rejected photo; null unless failed') failed_photo_id!: Id | null;
  @Nullable('bigint', 'Its photos in order, which may be posted again; null unless failed', { array: true })
  released_photo_ids!: Id[] | null;
  @Column('timestamptz', 'When its author sent it', { default: () => 'now()' }) created_at!: Date;
  @Nullable('timestamptz', 'When its last photo was ready') published_at!: Date | null;
  @Nullable('timestamptz', 'When its caption or place was last changed') edited_at!: Date | null;
  @Nullable(
    'timestamptz',
    'When an imported post was first shown elsewhere; null for all others. Feeds, tags, places, explore and mentions leave imported ones out',
  )
  taken_at!: Date | null;
  @Nullable(
    'bigint',
    "Where an imported post stands among the ids of its author's posts, by taken_at: negative before 2026; null: by its id",
  )
  listed_as!: string | null;
}
