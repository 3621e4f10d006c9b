import type { Id } from '@app/platform';
import { Entity, Index } from 'typeorm';
import { Column, Key, Nullable, OnShard } from './column.js';

export type FactorKind = 'totp' | 'passkey' | 'recovery' | 'removal';

@Entity('factors', {
  comment: 'What proves a person beside their password, or in its place; a few rows a person',
})
@Index('factors_of_user', ['shard', 'user_id', 'id'])
@Index('factors_sealed', ['sealed_by'], { where: 'secret IS NOT NULL' })
@Index('factors_due', ['due_at'], { where: 'due_at IS NOT NULL' })
export class Factor extends OnShard {
  @Key('bigint', 'Made by next_id on the shard of its person') id!: Id;
  @Column('bigint', 'Whose it is') user_id!: Id;
  @Column(
    'text',
    'totp, passkey, recovery (a code), or removal: an operator takes all of them away at due_at',
  )
  kind!: FactorKind;
  @Column('timestamptz', 'When it was made', { default: () => 'clock_timestamp()' }) created_at!: Date;
  @Nullable('timestamptz', 'From when on it counts; null for a TOTP secret that no code has confirmed')
  confirmed_at!: Date | null;
  @Nullable('timestamptz', 'Last use; a recovery code that was used is of no more use')
  used_at!: Date | null;
  @Nullable('text', 'Of TOTP: sealed by a key of TOKEN_KEYS') secret!: string | null;
  @Nullable('text', 'The id of that key; a newer one seals it again') sealed_by!: string | null;
  @Column(
    'bigint',
    'The newest time step of TOTP whose code was used, or the time in ms of the newest challenge that a passkey answered: older ones are refused',
    { default: '0' },
  )
  step!: string;
  @Column('smallint', 'Wrong codes of TOTP since guesses_since', { default: 0 }) guesses!: number;
  @Nullable('timestamptz', 'When the first of them came; a day later they are forgotten')
  guesses_since!: Date | null;
  @Nullable('bytea', 'SHA-256 of a recovery code of 80 random bits') hash!: Buffer | null;
  @Nullable('text', 'What its owner calls a passkey') name!: string | null;
  @Nullable('bytea', 'The id of a passkey, as its device knows it') credential_id!: Buffer | null;
  @Nullable('bytea', 'The public key of a passkey (COSE)') public_key!: Buffer | null;
  @Nullable('bigint', 'Signatures that a passkey has made, where it counts them') counter!: string | null;
  @Nullable('text', 'How browsers reach a passkey, as they said it', { array: true })
  transports!: string[] | null;
  @Nullable('timestamptz', 'When a removal takes effect, unless its person stops it') due_at!: Date | null;
}
