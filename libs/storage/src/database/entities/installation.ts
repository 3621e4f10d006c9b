import type { StoreKind } from '../../objects/object-store.js';
import { Entity } from 'typeorm';
import { Column, Key, Nullable } from './column.js';

@Entity('object_home', {
  comment: 'The store in which new objects land; reads ask it first and any other store after it',
})
export class ObjectHome {
  @Key('text', 'Which objects: photos') name!: string;
  @Column(
    'text',
    'disk or s3; what the first process found configured, and what storage migrate writes here afterwards',
  )
  store!: StoreKind;
  @Column('timestamptz', 'When new objects began to land there', { default: () => 'now()' }) since!: Date;
  @Nullable(
    'text',
    'Which photos storage redevelop makes anew at present, so that it goes on after it was stopped; null else',
  )
  redevelop!: string | null;
  @Nullable('timestamptz', 'Photos that were settled before are still to be made anew')
  redevelop_since!: Date | null;
}

@Entity('object_copies', {
  comment:
    'Copies that storage migrate has begun: after kill -9, those whose source was deleted meanwhile are removed',
})
export class ObjectCopy {
  @Key('text', 'Object key prefix, in the trash perhaps') folder!: string;
  @Column('text', 'The store that is copied to: disk or s3') store!: StoreKind;
  @Column('text', 'Objects of the folder that are being copied', { array: true }) names!: string[];
  @Column('timestamptz', 'When it began', { default: () => 'clock_timestamp()' }) begun_at!: Date;
}

@Entity('redis_epoch', {
  comment: "The life of each Redis's data: derived keys of an older epoch count as absent",
})
export class RedisEpoch {
  @Key('text', 'Which Redis: data') name!: string;
  @Column('integer', 'Part of every derived key; one more after each restart or failover') epoch!: number;
  @Column(
    'text',
    'How that Redis named its own life (run id, replication id); another one begins a new epoch',
  )
  fingerprint!: string;
  @Column('timestamptz', 'When this epoch began', { default: () => 'now()' }) begun_at!: Date;
}

@Entity('heartbeats', {
  comment:
    'Processes of Narwhal and which stores each reaches, so that one that alone is cut off knows it; rows of a day',
})
export class Heartbeat {
  @Key('text', 'Random, of one life of one process') id!: string;
  @Column('text', 'api or worker') kind!: string;
  @Column(
    'integer',
    'Counts the heartbeats of this process: what others say is compared by it, never by clocks',
  )
  beat!: number;
  @Column(
    'jsonb',
    'Host, process number, release, since when, address of its metrics, and what it sees of each store',
  )
  facts!: object;
  @Column('timestamptz', 'The last heartbeat, by the clock of PostgreSQL', {
    default: () => 'clock_timestamp()',
  })
  beaten_at!: Date;
}

@Entity('backups', {
  comment:
    'How backups of PostgreSQL, drills and checks of them ended; the newest hundred of each kind that were good, and that were not',
})
export class BackupOutcome {
  @Key(
    'text',
    'backup, drill (a restore that was tried), verify, or wal: a segment of WAL that is missing from the archive',
  )
  kind!: 'backup' | 'drill' | 'verify' | 'wal';
  @Key('timestamptz', 'When it began; its identity') begun_at!: Date;
  @Column('timestamptz', 'When it ended', { default: () => 'clock_timestamp()' }) ended_at!: Date;
  @Column('boolean', 'Whether it is of use') good!: boolean;
  @Column('text', 'How it ended, for operators') sentence!: string;
  @Column('bigint', 'Size of the backup; 0 where there is none', { default: 0 }) bytes!: string;
}
