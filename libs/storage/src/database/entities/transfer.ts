import type { Id } from '@app/platform';
import { Entity, Index } from 'typeorm';
import { Column, Key, Nullable, OnShard } from './column.js';

export type TransferState = 'waiting' | 'running' | 'ready' | 'failed' | 'ended';

@Entity('transfers', {
  comment: "Exports of all that is a person's; their objects are deleted a week after they were made",
})
@Index('transfers_of_user', ['shard', 'user_id', 'id'])
@Index('transfers_unsettled', { synchronize: false })
@Index('transfers_expiry', ['expires_at'], { where: 'expires_at IS NOT NULL' })
@Index('transfers_folder', ['folder'])
export class Transfer extends OnShard {
  @Key('bigint', "Made by next_id on the person's shard") id!: Id;
  @Column('bigint', 'Whose data it is') user_id!: Id;
  @Column('text', 'export') kind!: 'export';
  @Column('text', 'waiting, running, then ready; failed when it was given up; ended with the account', {
    default: 'waiting',
  })
  state!: TransferState;
  @Column('smallint', 'Per cent of the present attempt', { default: 0 }) progress!: number;
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
}
