import type { Id } from '@app/platform';
import { Entity, Index } from 'typeorm';
import { Column, Key, Nullable, OnShard } from './column.js';

@Entity('sessions', { comment: "Sign-ins, each with rotating refresh tokens; on their user's shard" })
@Index('sessions_of_user', { synchronize: false })
@Index('sessions_idle', { synchronize: false })
export class Session extends OnShard {
  @Key('bigint', "Made by next_id on the user's shard; part of every token") id!: Id;
  @Column('bigint', 'Who signed in') user_id!: Id;
  @Column('text', 'first_party or, later, third_party', { default: 'first_party' }) kind!: string;
  @Nullable('text', 'The third-party application; null for first_party') application!: string | null;
  @Column('text', 'What a third party may do; empty means all for first_party', {
    array: true,
    default: () => "'{}'",
  })
  scopes!: string[];
  @Nullable('text', 'User-Agent at sign-in, cut, for the list of sessions') user_agent!: string | null;
  @Nullable('text', 'The network of sign-in or of the last rotation, shortened to /24 or /48')
  address!: string | null;
  @Column('timestamptz', 'When it began', { default: () => 'now()' }) created_at!: Date;
  @Column('timestamptz', "Last rotation; idle beyond the refresh token's life it is swept", {
    default: () => 'now()',
  })
  refreshed_at!: Date;
  @Nullable('timestamptz', 'Sign-out, reuse of an old token or change of password; final')
  ended_at!: Date | null;
}

@Entity('refresh_tokens', {
  comment: "Generations of a session's refresh token; successors are derived, so only hashes are stored",
})
export class RefreshToken extends OnShard {
  @Key('bigint', 'The session that it refreshes') session_id!: Id;
  @Key('integer', '1 at sign-in, one more at each rotation') generation!: number;
  @Column('bytea', 'SHA-256 of the token; the token itself is nowhere') hash!: Buffer;
  @Column('timestamptz', 'When it was derived from its predecessor', { default: () => 'now()' })
  created_at!: Date;
  @Nullable('timestamptz', 'First use; 60 s after it the predecessor counts as reuse')
  first_used_at!: Date | null;
  @Nullable('text', 'The network of the first use, shortened to /24 or /48') used_address!: string | null;
  @Nullable('text', 'User-Agent of the first use, cut') used_user_agent!: string | null;
  @Column('smallint', 'Repeats of the token in the window since repeats_since', { default: 0 })
  repeats!: number;
  @Nullable('timestamptz', 'When the first of these repeats came; 60 s after it a new window begins')
  repeats_since!: Date | null;
}
