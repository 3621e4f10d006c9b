import type { Id } from '@app/platform';
import { Entity, Index } from 'typeorm';
import { Column, Key, Nullable, OnShard } from './column.js';

/**
 * The size of an author's audience: 0 fanned out; 1 growing, still fanned out while every follower's feed learns to merge
 * them; 2 large, merged at read.
 */
export type Audience = 0 | 1 | 2;

/** An entity is the row as PostgreSQL returns it: its properties are the column names, bigint is text. */
@Entity('users', { comment: 'People; on the shard drawn at random when they signed up' })
@Index('users_synthetic', ['id'], { where: `role = 'synthetic'` })
@Index('users_leaving', ['erase_at'], { where: 'erase_at IS NOT NULL' })
export class User extends OnShard {
  @Key('bigint', 'Made by next_id; names this person in the whole system') id!: Id;
  @Column('text', 'Folded to lower case; unique through usernames') username!: string;
  @Column('text', 'As typed, NFC; empty when none was given', { default: '' }) display_name!: string;
  @Column('text', 'As typed, NFC', { default: '' }) bio!: string;
  @Nullable('text', 'Absolute http(s) URL') website!: string | null;
  @Column('text', 'As typed, folded; theirs only where emails says so; never logged') email!: string;
  @Nullable('text', 'BCP 47 tag: the language of mails to them; null for who asks')
  locale!: string | null;
  @Column('text', 'argon2id in PHC form, parameters included') password_hash!: string;
  @Nullable(
    'timestamptz',
    'Last change of the password; the first tokens of older sessions are not given out again',
  )
  password_changed_at!: Date | null;
  @Column('boolean', 'Posts are seen by accepted followers only', { default: false }) private!: boolean;
  @Column('text', 'person, admin or synthetic; the last two are made on the command line', {
    default: 'person',
  })
  role!: string;
  @Nullable('text', 'Object key prefix of the avatar renditions; null shows none')
  avatar_folder!: string | null;
  @Nullable('bigint', 'The photo that the avatar was made from; it may be gone')
  avatar_photo_id!: Id | null;
  @Column('integer', 'Published posts; folded from count_deltas', { default: 0 }) posts_count!: number;
  @Column('integer', 'Accepted followers; folded from count_deltas', { default: 0 }) followers_count!: number;
  @Column('integer', 'Accepted followees; folded from count_deltas', { default: 0 }) following_count!: number;
  @Column('integer', 'Grows with each change that cached pages show; part of their key', { default: 1 })
  version!: number;
  @Column('smallint', '0: posts are fanned out; 1: large author, merged at read', { default: 0 })
  audience!: Audience;
  @Column(
    'bigint',
    'Newest post that was not fanned out; readers merge this author while it lies in their window; 0 for none',
    { default: '0' },
  )
  newest_unfanned_post_id!: Id;
  @Column('timestamptz', 'When the account was made', { default: () => 'now()' }) created_at!: Date;
  @Nullable('timestamptz', 'When its owner closed it; hidden from then on') closed_at!: Date | null;
  @Nullable(
    'timestamptz',
    'When a closed account is erased; until then signing in opens it again; null once its erasure has begun',
  )
  erase_at!: Date | null;
  @Nullable('bigint', "Whose invitation they came by; null without one, or by an operator's")
  invited_by!: Id | null;
  @Nullable('text', 'The version of the terms that they accepted last; null for none') terms_version!:
    string | null;
  @Nullable('timestamptz', 'When they accepted it') terms_accepted_at!: Date | null;
  @Nullable(
    'smallint',
    'The minimum age that their birth date reached at sign-up; the date itself is not kept',
  )
  age_checked!: number | null;
}

/** A value that is unique across all people is the key of a small table of its own: no shard, so that it stays unique. */
@Entity('usernames', {
  comment:
    'Each username once in the system; a row exists from its claim until 90 days after it was given up',
})
@Index('usernames_given_up', ['given_up_at'], { where: 'given_up_at IS NOT NULL' })
@Index('usernames_given_up_by', ['given_up_by'], { where: 'given_up_by IS NOT NULL' })
export class Username {
  @Key(
    'text',
    'Folded to lower case: [a-z0-9_] with inner dots, 1-30; of an erased account #, then its SHA-256',
  )
  username!: string;
  @Nullable('bigint', 'Whose it is; null while it belongs to nobody') user_id!: Id | null;
  @Nullable(
    'bigint',
    "Who may have it back at any time, or signed up by it and waits for an admin; null while it is somebody's",
  )
  given_up_by!: Id | null;
  @Nullable(
    'timestamptz',
    'When they renamed or closed their account; 90 days later anybody may have it; infinity while a sign-up waits',
  )
  given_up_at!: Date | null;
}

@Entity('emails', { comment: 'To whom each address of email belongs' })
export class Email {
  @Key('text', 'Folded by the one folding function, so that case cannot make two accounts') email!: string;
  @Column('bigint', 'Whose it is') user_id!: Id;
  @Nullable(
    'timestamptz',
    'When its owner proved to read it; null: claimed at a sign-up before addresses were verified',
  )
  verified_at!: Date | null;
}

@Entity('identities', {
  comment: 'By whom people sign in without a password: each identity at a provider belongs to one account',
})
@Index('identities_of_user', ['user_id'])
export class Identity {
  @Key('text', 'The id of the provider in IDENTITY_PROVIDERS') provider!: string;
  @Key('text', 'What the provider calls the person for ever: `sub` of its ID tokens') subject!: string;
  @Column('bigint', 'Whose it is: a person, or a sign-up that waits') user_id!: Id;
  @Nullable(
    'text',
    'The address there, which tells the person which account it is; no address of theirs here',
  )
  email!: string | null;
  @Column('timestamptz', 'When it was linked', { default: () => 'clock_timestamp()' }) created_at!: Date;
  @Column('timestamptz', 'Last sign-in by it', { default: () => 'clock_timestamp()' }) used_at!: Date;
}
