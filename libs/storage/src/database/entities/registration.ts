import type { Id } from '@app/platform';
import { Entity, Index } from 'typeorm';
import { Column, Key, Nullable, OnShard } from './column.js';

@Entity('invitations', {
  comment: 'Invitations; their codes are derived from the row and the keys, and stored nowhere',
})
@Index('invitations_of_inviter', ['shard', 'inviter_id', 'id'], { where: 'inviter_id IS NOT NULL' })
@Index('invitations_age', ['created_at'])
export class Invitation extends OnShard {
  @Key('bigint', "Made by next_id on the inviter's shard, or on any for an operator's; part of the code")
  id!: Id;
  @Nullable('bigint', 'Who invites; null for an operator on the command line') inviter_id!: Id | null;
  @Column('smallint', 'For how many people it is') uses!: number;
  @Column('smallint', 'How many of them have not come yet') uses_left!: number;
  @Column('timestamptz', 'When it was made', { default: () => 'now()' }) created_at!: Date;
  @Column('timestamptz', 'From when on nobody comes by it') expires_at!: Date;
  @Nullable('timestamptz', 'When the inviter took it back') revoked_at!: Date | null;
}

@Entity('registrations', {
  comment:
    'Sign-ups that wait for an admin: approved ones become users of the same id, refused ones are deleted',
})
@Index('registrations_in_order', ['id'])
export class Registration extends OnShard {
  @Key('bigint', 'Made by next_id; the id of the account') id!: Id;
  @Column('text', 'As in users; held for them in usernames') username!: string;
  @Column('text', 'As in users; it belongs to nobody before it is verified') email!: string;
  @Column('text', 'argon2id in PHC form, parameters included') password_hash!: string;
  @Column('text', 'As typed, NFC; empty when none was given', { default: '' }) display_name!: string;
  @Column('text', 'The language of the mail that tells them') locale!: string;
  @Nullable('bigint', 'Whose invitation they came by; null without one') invited_by!: Id | null;
  @Nullable('text', 'The version of the terms that they accepted; null for none') terms_version!:
    string | null;
  @Nullable('timestamptz', 'When they accepted it') terms_accepted_at!: Date | null;
  @Nullable('smallint', 'The minimum age that their birth date reached; the date itself is not kept')
  age_checked!: number | null;
  @Column('timestamptz', 'When they signed up', { default: () => 'now()' }) created_at!: Date;
}
