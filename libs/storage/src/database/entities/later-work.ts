import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { SHARD } from './shard.js';

@Entity('count_deltas', {
  comment:
    'Changes of counts, written by the transaction that liked, followed or commented; the worker folds and deletes them',
})
@Index('count_deltas_of_subject', { synchronize: false })
export class CountDelta {
  @PrimaryColumn({ type: 'smallint', comment: SHARD })
  shard!: number;

  @PrimaryColumn({
    type: 'bigint',
    generated: 'identity',
    generatedIdentity: 'ALWAYS',
    comment: 'Only tells deltas apart; its order means nothing',
  })
  id!: string;

  @Column({ type: 'bigint', comment: 'The user, post or comment whose count changes' })
  subject_id!: string;

  @Column({ type: 'text', comment: "Which count of the subject: the column's name without _count" })
  counter!: string;

  @Column({ type: 'smallint', comment: 'What to add: 1 or -1, or the sum of what one transaction did' })
  delta!: number;

  @Column({
    type: 'timestamptz',
    default: () => 'now()',
    comment: 'When it was written; its age is part of quiet',
  })
  created_at!: Date;
}

@Entity('outbox', {
  comment:
    'Effects outside PostgreSQL that are due, written by the transaction that causes them; deleted when carried out',
})
@Index('outbox_age', { synchronize: false })
@Index('outbox_of_subject', { synchronize: false })
export class Outbox {
  @PrimaryColumn({ type: 'smallint', comment: SHARD })
  shard!: number;

  @PrimaryColumn({ type: 'bigint', comment: "Made by next_id on the subject's shard" })
  id!: string;

  @Column({ type: 'text', comment: 'One of outboxKinds' })
  kind!: string;

  @Column({ type: 'bigint', comment: 'What it is about; the kind says which table' })
  subject_id!: string;

  @Column({
    type: 'bigint',
    nullable: true,
    comment: 'Last key that a paged effect has finished; null before the first page',
  })
  progress!: string | null;

  @Column({ type: 'integer', default: 0, comment: 'Times that it was taken up' })
  attempts!: number;

  @Column({
    type: 'timestamptz',
    default: () => 'clock_timestamp()',
    comment: 'When it became due; its age is part of quiet',
  })
  created_at!: Date;

  @Column({
    type: 'timestamptz',
    nullable: true,
    comment: 'When it was last taken up; the sweeper looks for old ones',
  })
  attempted_at!: Date | null;

  @Column({ type: 'text', nullable: true, comment: 'Why the last attempt failed, for operators' })
  error!: string | null;

  @Column({
    type: 'bigint',
    nullable: true,
    comment: 'The other one, for kinds that are about two things; null for the rest',
  })
  object_id!: string | null;
}

@Entity('trash', {
  comment:
    "Folders of deleted photos; their objects outlive the backups' window, so that a restored database finds them",
})
@Index('trash_age', { synchronize: false })
@Index('trash_served', { synchronize: false })
export class Trash {
  @PrimaryColumn({ type: 'smallint', comment: SHARD })
  shard!: number;

  @PrimaryColumn({
    type: 'bigint',
    comment: 'The id that the photo had; one of its own for a folder that renditions made anew have replaced',
  })
  id!: string;

  @Column({ type: 'text', comment: 'Object key prefix to be deleted' })
  folder!: string;

  @Column({
    type: 'date',
    default: () => 'now()',
    comment: 'Day of deletion; the window counts from here',
  })
  trashed_on!: string;

  @Column({
    type: 'bigint',
    nullable: true,
    comment:
      'The photo that this folder was of and that has another now: served until trashed_on; null once its objects are trashed',
  })
  photo_id!: string | null;
}

@Entity('deletions', {
  comment: 'Ids of deleted posts, photos and comments, so that a DELETE may be repeated',
})
@Index('deletions_age', { synchronize: false })
export class Deletion {
  @PrimaryColumn({ type: 'smallint', comment: SHARD })
  shard!: number;

  @PrimaryColumn({ type: 'bigint', comment: 'The id that was deleted' })
  id!: string;

  @Column({ type: 'bigint', comment: 'Who deleted it: a repeat by the same person succeeds again' })
  person_id!: string;

  @Column({ type: 'timestamptz', default: () => 'now()', comment: 'Rows older than 30 days are swept' })
  deleted_at!: Date;
}

@Entity('redis_epoch', {
  comment: "The life of each Redis's data: derived keys of an older epoch count as absent",
})
export class RedisEpoch {
  @PrimaryColumn({ type: 'text', comment: 'Which Redis: data' })
  name!: string;

  @Column({ type: 'integer', comment: 'Part of every derived key; one more after each restart or failover' })
  epoch!: number;

  @Column({
    type: 'text',
    comment: 'How that Redis named its own life (run id, replication id); another one begins a new epoch',
  })
  fingerprint!: string;

  @Column({ type: 'timestamptz', default: () => 'now()', comment: 'When this epoch began' })
  begun_at!: Date;
}
