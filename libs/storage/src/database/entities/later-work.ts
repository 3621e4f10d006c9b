import type { Id, OutboxKind } from '@app/platform';
import { Entity, Index } from 'typeorm';
import { Column, Key, Nullable, OnShard } from './column.js';
import type { CounterName } from '../repositories/counts.js';

@Entity('count_deltas', {
  comment:
    'Changes of counts, written by the transaction that liked, followed or commented; the worker folds and deletes them',
})
@Index('count_deltas_of_subject', { synchronize: false })
export class CountDelta extends OnShard {
  @Key('bigint', 'Only tells deltas apart; its order means nothing', {
    generated: 'identity',
    generatedIdentity: 'ALWAYS',
  })
  id!: Id;
  @Column('bigint', 'The user, post or comment whose count changes') subject_id!: Id;
  @Column('text', "Which count of the subject: the column's name without _count") counter!: CounterName;
  @Column('smallint', 'What to add: 1 or -1, or the sum of what one transaction did') delta!: number;
  @Column('timestamptz', 'When it was written; its age is part of quiet', { default: () => 'now()' })
  created_at!: Date;
}

@Entity('outbox', {
  comment:
    'Effects outside PostgreSQL that are due, written by the transaction that causes them; deleted when carried out',
})
@Index('outbox_age', { synchronize: false })
@Index('outbox_of_subject', { synchronize: false })
export class Outbox extends OnShard {
  @Key('bigint', "Made by next_id on the subject's shard") id!: Id;
  @Column('text', 'One of outboxKinds') kind!: OutboxKind;
  @Column('bigint', 'What it is about; the kind says which table') subject_id!: Id;
  @Nullable('bigint', 'Last key that a paged effect has finished; null before the first page')
  progress!: Id | null;
  @Column('integer', 'Times that it was taken up', { default: 0 }) attempts!: number;
  @Column('timestamptz', 'When it became due; its age is part of quiet', {
    default: () => 'clock_timestamp()',
  })
  created_at!: Date;
  @Nullable('timestamptz', 'When it was last taken up; the sweeper looks for old ones')
  attempted_at!: Date | null;
  @Nullable('text', 'Why the last attempt failed, for operators') error!: string | null;
  @Nullable('bigint', 'The other one, for kinds that are about two things; null for the rest')
  object_id!: Id | null;
}

@Entity('trash', {
  comment:
    "Folders of deleted photos; their objects outlive the backups' window, so that a restored database finds them",
})
@Index('trash_age', { synchronize: false })
@Index('trash_served', { synchronize: false })
export class Trash extends OnShard {
  @Key(
    'bigint',
    'The id that the photo had; one of its own for a folder that renditions made anew have replaced',
  )
  id!: Id;
  @Column('text', 'Object key prefix to be deleted') folder!: string;
  @Column('date', 'Day of deletion; the window counts from here', { default: () => 'now()' })
  trashed_on!: string;
  @Nullable(
    'bigint',
    'The photo that this folder was of and that has another now: served until trashed_on; null once its objects are trashed',
  )
  photo_id!: Id | null;
}

@Entity('deletions', {
  comment: 'Ids of deleted posts, photos and comments, so that a DELETE may be repeated',
})
@Index('deletions_age', { synchronize: false })
@Index('deletions_of_person', { synchronize: false })
export class Deletion extends OnShard {
  @Key('bigint', 'The id that was deleted') id!: Id;
  @Column('bigint', 'Who deleted it: a repeat by the same person succeeds again') person_id!: Id;
  @Column('timestamptz', 'Rows older than 30 days are swept', { default: () => 'now()' }) deleted_at!: Date;
}

@Entity('idempotency_keys', {
  comment:
    "What happens once: POSTs with an Idempotency-Key, written in the effect's own transaction, and the use of ID tokens; kept 24 h",
})
@Index('idempotency_keys_age', { synchronize: false })
export class IdempotencyKey extends OnShard {
  @Key('bigint', 'The user who sent it; 0 for callers without a token') caller_id!: Id;
  @Key('text', "The request's path: the same key on another path is another key; `id-token` for ID tokens")
  path!: string;
  @Key('text', '16-64 of [A-Za-z0-9_-], as the client sent it; of an ID token the SHA-256 of what is signed')
  key!: string;
  @Column(
    'bytea',
    'SHA-256 over fields and file hash; another body under the key is 422; of an ID token over the request that used it',
  )
  fingerprint!: Buffer;
  @Nullable('smallint', 'The 2xx that was answered; null while the first request runs') status!:
    number | null;
  @Nullable('bigint', 'What was made; the answer is built anew from it, gone is 410') made_id!: Id | null;
  @Column('timestamptz', 'When the first request came', { default: () => 'now()' }) created_at!: Date;
}
