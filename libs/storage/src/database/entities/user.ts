import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { SHARD } from './shard.js';

/** An entity is the row as PostgreSQL returns it: its properties are the column names, bigint is text. */
@Entity('users', { comment: 'People; on the shard drawn at random when they signed up' })
@Index('users_synthetic', ['id'], { where: `role = 'synthetic'` })
export class User {
  @PrimaryColumn({ type: 'smallint', comment: SHARD })
  shard!: number;

  @PrimaryColumn({ type: 'bigint', comment: 'Made by next_id; names this person in the whole system' })
  id!: string;

  @Column({ type: 'text', comment: 'Folded to lower case; unique through usernames' })
  username!: string;

  @Column({ type: 'text', default: '', comment: 'As typed, NFC; empty when none was given' })
  display_name!: string;

  @Column({ type: 'text', default: '', comment: 'As typed, NFC' })
  bio!: string;

  @Column({ type: 'text', nullable: true, comment: 'Absolute http(s) URL' })
  website!: string | null;

  @Column({ type: 'text', comment: 'As typed; unique in its folded form through emails; never logged' })
  email!: string;

  @Column({ type: 'text', comment: 'argon2id in PHC form, parameters included' })
  password_hash!: string;

  @Column({ type: 'boolean', default: false, comment: 'Posts are seen by accepted followers only' })
  private!: boolean;

  @Column({
    type: 'text',
    default: 'person',
    comment: 'person, admin or synthetic; the last two are made on the command line',
  })
  role!: string;

  @Column({
    type: 'text',
    nullable: true,
    comment: 'Object key prefix of the avatar renditions; null shows none',
  })
  avatar_folder!: string | null;

  @Column({
    type: 'bigint',
    nullable: true,
    comment: 'The photo that the avatar was made from; it may be gone',
  })
  avatar_photo_id!: string | null;

  @Column({ type: 'integer', default: 0, comment: 'Published posts; folded from count_deltas' })
  posts_count!: number;

  @Column({ type: 'integer', default: 0, comment: 'Accepted followers; folded from count_deltas' })
  followers_count!: number;

  @Column({ type: 'integer', default: 0, comment: 'Accepted followees; folded from count_deltas' })
  following_count!: number;

  @Column({
    type: 'integer',
    default: 1,
    comment: 'Grows with each change that cached pages show; part of their key',
  })
  version!: number;

  @Column({
    type: 'smallint',
    default: 0,
    comment: '0: posts are fanned out; 1: large author, merged at read',
  })
  audience!: number;

  @Column({
    type: 'bigint',
    default: '0',
    comment:
      'Newest post that was not fanned out; readers merge this author while it lies in their window; 0 for none',
  })
  newest_unfanned_post_id!: string;

  @Column({ type: 'timestamptz', default: () => 'now()', comment: 'When the account was made' })
  created_at!: Date;

  @Column({
    type: 'timestamptz',
    nullable: true,
    comment: 'When its owner closed it; hidden from then on, erased in batches',
  })
  closed_at!: Date | null;
}

/** A value that is unique across all people is the key of a small table of its own: no shard, so that it stays unique. */
@Entity('usernames', { comment: 'Each username once in the system; row exists from sign-up to erasure' })
export class Username {
  @PrimaryColumn({ type: 'text', comment: 'Folded to lower case: [a-z0-9_] with inner dots, 1-30' })
  username!: string;

  @Column({ type: 'bigint', comment: 'Whose it is' })
  user_id!: string;
}

@Entity('emails', { comment: 'Each email address once in the system' })
export class Email {
  @PrimaryColumn({
    type: 'text',
    comment: 'Folded by the one folding function, so that case cannot make two accounts',
  })
  email!: string;

  @Column({ type: 'bigint', comment: 'Whose it is' })
  user_id!: string;
}
