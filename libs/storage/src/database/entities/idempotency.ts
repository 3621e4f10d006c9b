import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { SHARD } from './shard.js';

@Entity('idempotency_keys', {
  comment: "Outcomes of POSTs with an Idempotency-Key, written in the effect's own transaction; kept 24 h",
})
@Index('idempotency_keys_age', { synchronize: false })
export class IdempotencyKey {
  @PrimaryColumn({ type: 'smallint', comment: SHARD })
  shard!: number;

  @PrimaryColumn({ type: 'bigint', comment: 'The user who sent it; 0 for callers without a token' })
  caller_id!: string;

  @PrimaryColumn({ type: 'text', comment: "The request's path: the same key on another path is another key" })
  path!: string;

  @PrimaryColumn({ type: 'text', comment: '16-64 of [A-Za-z0-9_-], as the client sent it' })
  key!: string;

  @Column({ type: 'bytea', comment: 'SHA-256 over fields and file hash; another body under the key is 422' })
  fingerprint!: Buffer;

  @Column({
    type: 'smallint',
    nullable: true,
    comment: 'The 2xx that was answered; null while the first request runs',
  })
  status!: number | null;

  @Column({
    type: 'bigint',
    nullable: true,
    comment: 'What was made; the answer is built anew from it, gone is 410',
  })
  made_id!: string | null;

  @Column({ type: 'timestamptz', default: () => 'now()', comment: 'When the first request came' })
  created_at!: Date;
}
