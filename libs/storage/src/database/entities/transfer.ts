import type { Id } from '@app/platform';
import { Entity, Index } from 'typeorm';
import { Column, Key, Nullable, OnShard } from './column.js';

export type TransferKind = 'export' | 'import';

/** Imports have states of their own, so that a worker of the release before takes none up. */
export type TransferState = 'waiting' | 'running' | 'queued' | 'importing' | 'ready' | 'failed' | 'ended';

/** What an import made, and what it left out and why; `names`: the first files or dates of them. */
export interface ImportReport {
  posts: number;
  photos: number;
  leftOut: { code: string; count: number; names: string[] }[];
}

@Entity('transfers', {
  comment:
    "Exports of all that is a person's, and imports of such; exports' objects are deleted a week after they were made",
})
@Index('transfers_of_user', ['shard', 'user_id', 'id'])
@Index('transfers_unsettled', { synchronize: false })
@Index('transfers_expiry', ['expires_at'], { where: 'expires_at IS NOT NULL' })
@Index('transfers_folder', ['folder'])
export class Transfer extends OnShard {
  @Key('bigint', "Made by next_id on the person's shard") id!: Id;
  @Column('bigint', 'Whose data it is') user_id!: Id;
  @Column('text', 'export or import') kind!: TransferKind;
  @Column(
    'text',
    'Exports: waiting, running, then ready; imports: queued, importing, then ready; failed when it was given up; ended with the account',
    { default: 'waiting' },
  )
  state!: TransferState;
  @Column('smallint', "Per cent: of an export's present attempt, of an import's posts", { default: 0 })
  progress!: number;
  @Column('text', 'Object key prefix, random; each attempt has an object of its own in it') folder!: string;
  @Nullable('bigint', 'Size of the object; null until ready') bytes!: string | null;
  @Column('text', 'The language of whoever asked') locale!: string;
  @Column('integer', 'Times that it was taken up; the result of an older attempt is not taken', {
    default: 0,
  })
  attempts!: number;
  @Nullable('timestamptz', 'The newest sign of life of the worker that is at it; null before the first')
  attempted_at!: Date | null;
  @Column('timestamptz', 'No attempt begins before; moved on before each attempt', {
    default: () => 'clock_timestamp()',
  })
  next_try_at!: Date;
  @Column('timestamptz', 'When it was asked for', { default: () => 'clock_timestamp()' }) created_at!: Date;
  @Nullable(
    'timestamptz',
    'From when on its objects and this row are deleted; null until ready, failed or ended',
  )
  expires_at!: Date | null;
  @Nullable('text', 'Why the last attempt failed, for operators') error!: string | null;
  @Nullable('timestamptz', 'When the first attempt failed since it last went on; null while it goes on')
  failing_since!: Date | null;
  @Nullable('bigint', 'The zip of an import; null for exports') upload_id!: Id | null;
  @Column(
    'integer',
    'Posts of an import that were made or left out, in the order of its zip: the next attempt goes on there',
    { default: 0 },
  )
  done!: number;
  @Column(
    'jsonb',
    'What an import made, and what it left out: {posts, photos, leftOut: [{code, count, names}]}',
    {
      default: { posts: 0, photos: 0, leftOut: [] },
    },
  )
  report!: ImportReport;
  @Nullable('text', 'Why an import waits: quota or disk; null while it does not')
  waiting_for!: 'quota' | 'disk' | null;
}
