import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { SHARD } from './shard.js';

@Entity('sessions', { comment: "Sign-ins, each with rotating refresh tokens; on their user's shard" })
@Index('sessions_of_user', { synchronize: false })
@Index('sessions_idle', { synchronize: false })
export class Session {
  @PrimaryColumn({ type: 'smallint', comment: SHARD })
  shard!: number;

  @PrimaryColumn({ type: 'bigint', comment: "Made by next_id on the user's shard; part of every token" })
  id!: string;

  @Column({ type: 'bigint', comment: 'Who signed in' })
  user_id!: string;

  @Column({ type: 'text', default: 'first_party', comment: 'first_party or, later, third_party' })
  kind!: string;

  @Column({ type: 'text', nullable: true, comment: 'The third-party application; null for first_party' })
  application!: string | null;

  @Column({
    type: 'text',
    array: true,
    default: () => "'{}'",
    comment: 'What a third party may do; empty means all for first_party',
  })
  scopes!: string[];

  @Column({ type: 'text', nullable: true, comment: 'User-Agent at sign-in, cut, for the list of sessions' })
  user_agent!: string | null;

  @Column({ type: 'timestamptz', default: () => 'now()', comment: 'When it began' })
  created_at!: Date;

  @Column({
    type: 'timestamptz',
    default: () => 'now()',
    comment: "Last rotation; idle beyond the refresh token's life it is swept",
  })
  refreshed_at!: Date;

  @Column({
    type: 'timestamptz',
    nullable: true,
    comment: 'Sign-out, reuse of an old token or change of password; final',
  })
  ended_at!: Date | null;
}

@Entity('refresh_tokens', {
  comment: "Generations of a session's refresh token; successors are derived, so only hashes are stored",
})
export class RefreshToken {
  @PrimaryColumn({ type: 'smallint', comment: SHARD })
  shard!: number;

  @PrimaryColumn({ type: 'bigint', comment: 'The session that it refreshes' })
  session_id!: string;

  @PrimaryColumn({ type: 'integer', comment: '1 at sign-in, one more at each rotation' })
  generation!: number;

  @Column({ type: 'bytea', comment: 'SHA-256 of the token; the token itself is nowhere' })
  hash!: Buffer;

  @Column({
    type: 'timestamptz',
    default: () => 'now()',
    comment: 'When it was derived from its predecessor',
  })
  created_at!: Date;

  @Column({
    type: 'timestamptz',
    nullable: true,
    comment: 'First use; 60 s after it the predecessor counts as reuse',
  })
  first_used_at!: Date | null;
}
