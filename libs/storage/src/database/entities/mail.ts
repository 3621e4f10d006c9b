import type { Id, MailKind } from '@app/platform';
import { Entity, Index } from 'typeorm';
import { Column, Key, Nullable, OnShard } from './column.js';

@Entity('mails', { comment: 'Mails that were asked for, and those to people; kept for a week' })
@Index('mails_of_user', ['shard', 'user_id', 'created_at'], { where: 'user_id IS NOT NULL' })
@Index('mails_unsent', ['next_try_at'], {
  where: 'user_id IS NOT NULL AND sent_at IS NULL AND given_up_at IS NULL',
})
@Index('mails_age', ['created_at'])
@Index('mails_to_verify', ['address'], { where: `kind = 'verify' AND used_at IS NULL` })
export class Mail extends OnShard {
  @Key(
    'bigint',
    "Made by next_id on the receiver's shard, or on any while the receiver is not known; part of the link",
  )
  id!: Id;
  @Column('text', 'What it is for, and what its link permits: a MailKind of the code') kind!: MailKind;
  @Nullable('text', 'The username or email that somebody gave; null once the worker knows whose it is')
  login!: string | null;
  @Nullable('bigint', 'The receiver; null while only a login is known') user_id!: Id | null;
  @Nullable(
    'text',
    'Where it goes, and what its link verifies or gives back; null where an operator made the link',
  )
  address!: string | null;
  @Column('text', 'The language of its receiver, or of whoever asked') locale!: string;
  @Nullable(
    'bytea',
    "SHA-256 of the account's password hash and address: another state makes the link useless",
  )
  bound!: Buffer | null;
  @Column('timestamptz', 'When it was asked for', { default: () => 'clock_timestamp()' }) created_at!: Date;
  @Column('timestamptz', 'From when on its link and its code are useless') expires_at!: Date;
  @Nullable('timestamptz', 'When a mail server took it, or an operator was shown the link')
  sent_at!: Date | null;
  @Nullable('timestamptz', 'When its link or its code was used: each works once') used_at!: Date | null;
  @Column('smallint', 'Wrong codes', { default: 0 }) guesses!: number;
  @Column('integer', 'Times that sending was tried', { default: 0 }) attempts!: number;
  @Column('timestamptz', 'When it is to be sent; moved on before each attempt', {
    default: () => 'clock_timestamp()',
  })
  next_try_at!: Date;
  @Nullable('timestamptz', 'When sending was given up') given_up_at!: Date | null;
  @Nullable('text', 'Why the last attempt failed, for operators') error!: string | null;
  @Nullable('text', 'What an admin says in it, such as why a sign-up was refused; null for nothing')
  note!: string | null;
}

@Entity('address_mails', {
  comment: 'How many mails strangers caused to an address on one day, whatever became of their accounts',
})
@Index('address_mails_age', ['day'])
export class AddressMails {
  @Key('smallint', 'Logical shard 0-8191 where this row lives: of the first bytes of its address')
  shard!: number;
  @Key('bytea', 'SHA-256 of the mailbox: the address without dots and +suffix before its @')
  address!: Buffer;
  @Column('date', 'The day (UTC) whose mails are counted') day!: string;
  @Column('smallint', 'Mails of that day') mails!: number;
}
