import type { Id } from '@app/platform';
import { Entity, Index } from 'typeorm';
import { Column, Key, Nullable, OnShard } from './column.js';

export type PhotoState = 'uploading' | 'processing' | 'ready' | 'rejected';

@Entity('photos', {
  comment:
    "Uploaded images, their state and renditions; on their owner's shard; the row is committed before the first byte",
})
@Index('photos_of_post', { synchronize: false })
@Index('photos_unposted', { synchronize: false })
@Index('photos_unsettled', { synchronize: false })
@Index('photos_same_bytes', { synchronize: false })
@Index('photos_of_owner', { synchronize: false })
@Index('photos_settled', { synchronize: false })
@Index('photos_made_anew', { synchronize: false })
export class Photo extends OnShard {
  @Key('bigint', "Made by next_id on the owner's shard") id!: Id;
  @Column('bigint', 'Who uploaded it') owner_id!: Id;
  @Nullable('bigint', 'The one post that shows it; null while unposted') post_id!: Id | null;
  @Nullable('smallint', 'Place within its post, from 0; null while unposted') position!: number | null;
  @Column(
    'text',
    'uploading, processing, ready or rejected; moves forward, but rejected ones are processed again when an operator asks',
  )
  state!: PhotoState;
  @Column(
    'integer',
    'Times that developing began; a result of an older attempt is not taken. -1: an upload that is given up',
    { default: 0 },
  )
  attempt!: number;
  @Nullable('timestamptz', 'While a worker is at it: its newest sign of life; null while the photo waits')
  attempted_at!: Date | null;
  @Column(
    'text',
    'Object key prefix, random; originals and renditions lie under it, never a file name or URL',
  )
  folder!: string;
  @Nullable(
    'bigint',
    'Size of the original; while it is uploading, what its client declared, to hold its quota',
  )
  bytes!: string | null;
  @Nullable(
    'bytea',
    'SHA-256 of the original, hashed as it came in; of a direct upload when the worker first reads it',
  )
  sha256!: Buffer | null;
  @Nullable(
    'bytea',
    'SHA-256 that the client announced for a direct upload: compared when the worker first reads the original',
  )
  declared_sha256!: Buffer | null;
  @Nullable('text', "Media type by the original's own first bytes, never the client's word")
  type!: string | null;
  @Column('text', 'What the picture shows, for people who cannot see it; NFC', { default: '' })
  alt_text!: string;
  @Nullable('integer', 'Pixels as seen, after orientation; null until developed') width!: number | null;
  @Nullable('integer', 'Pixels as seen, after orientation; null until developed') height!: number | null;
  @Nullable('text', 'Thumbhash in standard base64, shown until a rendition has loaded')
  thumbhash!: string | null;
  @Nullable('text', 'Dominant colour as #rrggbb') color!: string | null;
  @Nullable('jsonb', 'Rendition name to {width, height, bytes}; null until ready') renditions!: Record<
    string,
    { width: number; height: number; bytes: number }
  > | null;
  @Nullable('text', 'Why it was rejected, as a code that clients can show') rejection!: string | null;
  @Column('timestamptz', 'When the upload began; unposted photos go after 7 days', { default: () => 'now()' })
  created_at!: Date;
  @Nullable('timestamptz', 'When it became ready or rejected') settled_at!: Date | null;
  @Column(
    'smallint',
    'Times that a child process died while it had this photo open and its worker no other, minutes apart',
    { default: 0 },
  )
  crashes!: number;
  @Nullable(
    'timestamptz',
    'When a child died of it first, or last so that it counted; from then on it is developed alone',
  )
  crashed_at!: Date | null;
  @Nullable(
    'timestamptz',
    'When the first of the attempts failed that were no fault of the photo; null when none did',
  )
  failing_since!: Date | null;
  @Nullable('timestamptz', 'No attempt begins before: pauses grow while attempts fail') due_at!: Date | null;
  @Nullable('text', 'Why the newest attempt failed, for operators') error!: string | null;
  @Nullable('bigint', 'Pixels that are decoded, or the least that they can be; null until a child has looked')
  pixels!: string | null;
  @Column(
    'smallint',
    'Version of the pipeline that made its renditions, or found newer ones impossible; 0: before versions were counted',
    { default: 0 },
  )
  pipeline!: number;
  @Nullable('text', 'Object key prefix of renditions that are being made anew of a ready photo; null else')
  next_folder!: string | null;
}
