import type { Id } from '@app/platform';
import type { Pieces } from '../../objects/pieces.js';
import { Entity, Index } from 'typeorm';
import { Column, Key, Nullable, OnShard } from './column.js';

export type UploadState = 'receiving' | 'completed' | 'duplicate' | 'ended';

export type UploadPurpose = 'photo' | 'import';

@Entity('uploads', {
  comment:
    "Uploads on their way, resumable (tus) or straight to the store (presigned): what has arrived of each, and who may add to it; on their owner's shard",
})
@Index('uploads_of_owner', { synchronize: false })
@Index('uploads_expiry', { synchronize: false })
@Index('uploads_whole', { synchronize: false })
export class Upload extends OnShard {
  @Key(
    'bigint',
    "Made by next_id on the owner's shard; part of the upload's address; a direct upload's photo has the same",
  )
  id!: Id;
  @Column('bigint', 'Whose photo it becomes') owner_id!: Id;
  @Column('bytea', "SHA-256 of the secret in the upload's address, which alone lets one go on with it")
  secret_hash!: Buffer;
  @Column('text', 'Object key prefix, random: of its pieces, and of the photo that it becomes')
  folder!: string;
  @Column(
    'text',
    'receiving, completed (its folder is a photo), duplicate (of a photo that exists) or ended',
    { default: 'receiving' },
  )
  state!: UploadState;
  @Column('bigint', 'Bytes that it will have') length!: string;
  @Column(
    'bigint',
    'Bytes that are safe in the store: the offset at which to go on; of a direct upload all of them at once, to hold its quota',
    { default: 0 },
  )
  received!: string;
  @Nullable(
    'text',
    'Who may append: a token of the request that does; once it is another one or null, what that request does counts no more',
  )
  writer!: string | null;
  @Column('jsonb', 'Pieces that arrived, in order: [{name, sizes}], each size one object <name><index>', {
    default: [],
  })
  pieces!: Pieces[];
  @Column('bytea', 'First bytes, up to 256: what the format is told by') head!: Buffer;
  @Nullable('text', 'Media type by the first bytes; null until enough of them are here') type!: string | null;
  @Column('text', 'What the picture shows, as sent when the upload was made; NFC', { default: '' })
  alt_text!: string;
  @Column('boolean', "Whether its owner's client puts it into the store itself, by a presigned URL", {
    default: false,
  })
  direct!: boolean;
  @Column('text', 'photo, or import: a zip, which is read where its pieces are', { default: 'photo' })
  purpose!: UploadPurpose;
  @Nullable('bytea', 'SHA-256 that the client announced for a direct upload; null when it did not')
  declared_sha256!: Buffer | null;
  @Nullable('bigint', 'The photo that it became; null until it is complete') photo_id!: Id | null;
  @Column('timestamptz', 'When it was made', { default: () => 'now()' }) created_at!: Date;
  @Column('timestamptz', 'Upload-Expires: afterwards it is swept') expires_at!: Date;
}

@Entity('photo_usage', {
  comment:
    "How many photos a person has sent today; on their own shard; the row's lock makes the quota exact",
})
export class PhotoUsage extends OnShard {
  @Key('bigint', 'Whose photos are counted') owner_id!: Id;
  @Column('date', 'The day, in UTC, that is counted') day!: string;
  @Column('integer', 'Photos made on that day, deleted ones included; written with the photo')
  photos!: number;
  @Column('bigint', 'Bytes of the photos made on that day, deleted ones included; written with the photo', {
    default: 0,
  })
  bytes!: string;
}
