import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { SHARD } from './shard.js';

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
export class Photo {
  @PrimaryColumn({ type: 'smallint', comment: SHARD })
  shard!: number;

  @PrimaryColumn({ type: 'bigint', comment: "Made by next_id on the owner's shard" })
  id!: string;

  @Column({ type: 'bigint', comment: 'Who uploaded it' })
  owner_id!: string;

  @Column({ type: 'bigint', nullable: true, comment: 'The one post that shows it; null while unposted' })
  post_id!: string | null;

  @Column({ type: 'smallint', nullable: true, comment: 'Place within its post, from 0; null while unposted' })
  position!: number | null;

  @Column({
    type: 'text',
    comment:
      'uploading, processing, ready or rejected; moves forward, but rejected ones are processed again when an operator asks',
  })
  state!: string;

  @Column({
    type: 'integer',
    default: 0,
    comment:
      'Times that developing began; a result of an older attempt is not taken. -1: an upload that is given up',
  })
  attempt!: number;

  @Column({
    type: 'timestamptz',
    nullable: true,
    comment: 'While a worker is at it: its newest sign of life; null while the photo waits',
  })
  attempted_at!: Date | null;

  @Column({
    type: 'text',
    comment: 'Object key prefix, random; originals and renditions lie under it, never a file name or URL',
  })
  folder!: string;

  @Column({ type: 'bigint', nullable: true, comment: 'Size of the original; null until the upload ended' })
  bytes!: string | null;

  @Column({
    type: 'bytea',
    nullable: true,
    comment:
      'SHA-256 of the original, hashed as it came in; of a direct upload when the worker first reads it',
  })
  sha256!: Buffer | null;

  @Column({
    type: 'bytea',
    nullable: true,
    comment:
      'SHA-256 that the client announced for a direct upload: compared when the worker first reads the original',
  })
  declared_sha256!: Buffer | null;

  @Column({
    type: 'text',
    nullable: true,
    comment: "Media type by the original's own first bytes, never the client's word",
  })
  type!: string | null;

  @Column({ type: 'text', default: '', comment: 'What the picture shows, for people who cannot see it; NFC' })
  alt_text!: string;

  @Column({
    type: 'integer',
    nullable: true,
    comment: 'Pixels as seen, after orientation; null until developed',
  })
  width!: number | null;

  @Column({
    type: 'integer',
    nullable: true,
    comment: 'Pixels as seen, after orientation; null until developed',
  })
  height!: number | null;

  @Column({
    type: 'text',
    nullable: true,
    comment: 'Thumbhash in standard base64, shown until a rendition has loaded',
  })
  thumbhash!: string | null;

  @Column({ type: 'text', nullable: true, comment: 'Dominant colour as #rrggbb' })
  color!: string | null;

  @Column({
    type: 'jsonb',
    nullable: true,
    comment: 'Rendition name to {width, height, bytes}; null until ready',
  })
  renditions!: unknown;

  @Column({ type: 'text', nullable: true, comment: 'Why it was rejected, as a code that clients can show' })
  rejection!: string | null;

  @Column({
    type: 'timestamptz',
    default: () => 'now()',
    comment: 'When the upload began; unposted photos go after 7 days',
  })
  created_at!: Date;

  @Column({ type: 'timestamptz', nullable: true, comment: 'When it became ready or rejected' })
  settled_at!: Date | null;

  @Column({
    type: 'smallint',
    default: 0,
    comment:
      'Times that a child process died while it had this photo open and its worker no other, minutes apart',
  })
  crashes!: number;

  @Column({
    type: 'timestamptz',
    nullable: true,
    comment: 'When a child died of it first, or last so that it counted; from then on it is developed alone',
  })
  crashed_at!: Date | null;

  @Column({
    type: 'timestamptz',
    nullable: true,
    comment: 'When the first of the attempts failed that were no fault of the photo; null when none did',
  })
  failing_since!: Date | null;

  @Column({
    type: 'timestamptz',
    nullable: true,
    comment: 'No attempt begins before: pauses grow while attempts fail',
  })
  due_at!: Date | null;

  @Column({ type: 'text', nullable: true, comment: 'Why the newest attempt failed, for operators' })
  error!: string | null;

  @Column({
    type: 'bigint',
    nullable: true,
    comment: 'Pixels that are decoded, or the least that they can be; null until a child has looked',
  })
  pixels!: string | null;

  @Column({
    type: 'smallint',
    default: 0,
    comment:
      'Version of the pipeline that made its renditions, or found newer ones impossible; 0: before versions were counted',
  })
  pipeline!: number;

  @Column({
    type: 'text',
    nullable: true,
    comment: 'Object key prefix of renditions that are being made anew of a ready photo; null else',
  })
  next_folder!: string | null;
}
