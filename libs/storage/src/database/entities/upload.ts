import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { SHARD } from './shard.js';

@Entity('uploads', {
  comment:
    "Uploads on their way, resumable (tus) or straight to the store (presigned): what has arrived of each, and who may add to it; on their owner's shard",
})
@Index('uploads_of_owner', { synchronize: false })
@Index('uploads_expiry', { synchronize: false })
@Index('uploads_whole', { synchronize: false })
export class Upload {
  @PrimaryColumn({ type: 'smallint', comment: SHARD })
  shard!: number;

  @PrimaryColumn({
    type: 'bigint',
    comment:
      "Made by next_id on the owner's shard; part of the upload's address; a direct upload's photo has the same",
  })
  id!: string;

  @Column({ type: 'bigint', comment: 'Whose photo it becomes' })
  owner_id!: string;

  @Column({
    type: 'bytea',
    comment: "SHA-256 of the secret in the upload's address, which alone lets one go on with it",
  })
  secret_hash!: Buffer;

  @Column({
    type: 'text',
    comment: 'Object key prefix, random: of its pieces, and of the photo that it becomes',
  })
  folder!: string;

  @Column({
    type: 'text',
    default: 'receiving',
    comment: 'receiving, completed (its folder is a photo), duplicate (of a photo that exists) or ended',
  })
  state!: string;

  @Column({ type: 'bigint', comment: 'Bytes that it will have' })
  length!: string;

  @Column({
    type: 'bigint',
    default: 0,
    comment:
      'Bytes that are safe in the store: the offset at which to go on; of a direct upload all of them at once, to hold its quota',
  })
  received!: string;

  @Column({
    type: 'text',
    nullable: true,
    comment:
      'Who may append: a token of the request that does; once it is another one or null, what that request does counts no more',
  })
  writer!: string | null;

  @Column({
    type: 'jsonb',
    default: [],
    comment: 'Pieces that arrived, in order: [{name, sizes}], each size one object <name><index>',
  })
  pieces!: unknown;

  @Column({
    type: 'bytea',
    comment: 'First bytes, up to 256: what the format is told by',
  })
  head!: Buffer;

  @Column({
    type: 'text',
    nullable: true,
    comment: 'Media type by the first bytes; null until enough of them are here',
  })
  type!: string | null;

  @Column({
    type: 'text',
    default: '',
    comment: 'What the picture shows, as sent when the upload was made; NFC',
  })
  alt_text!: string;

  @Column({
    type: 'boolean',
    default: false,
    comment: "Whether its owner's client puts it into the store itself, by a presigned URL",
  })
  direct!: boolean;

  @Column({
    type: 'bytea',
    nullable: true,
    comment: 'SHA-256 that the client announced for a direct upload; null when it did not',
  })
  declared_sha256!: Buffer | null;

  @Column({ type: 'bigint', nullable: true, comment: 'The photo that it became; null until it is complete' })
  photo_id!: string | null;

  @Column({ type: 'timestamptz', default: () => 'now()', comment: 'When it was made' })
  created_at!: Date;

  @Column({ type: 'timestamptz', comment: 'Upload-Expires: afterwards it is swept' })
  expires_at!: Date;
}

@Entity('photo_usage', {
  comment:
    "How many photos a person has sent today; on their own shard; the row's lock makes the quota exact",
})
export class PhotoUsage {
  @PrimaryColumn({ type: 'smallint', comment: SHARD })
  shard!: number;

  @PrimaryColumn({ type: 'bigint', comment: 'Whose photos are counted' })
  owner_id!: string;

  @Column({ type: 'date', comment: 'The day, in UTC, that is counted' })
  day!: string;

  @Column({
    type: 'integer',
    comment: 'Photos made on that day, deleted ones included; written with the photo',
  })
  photos!: number;
}
