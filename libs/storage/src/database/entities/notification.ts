import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { SHARD } from './shard.js';

@Entity('notifications', {
  comment:
    "What a person is told of, one row a group, on the person's shard; worked out anew from its causes, kept 90 days",
})
@Index('notifications_newest', { synchronize: false })
@Index('notifications_unread', { synchronize: false })
@Index('notifications_of_group', { synchronize: false })
@Index('notifications_of_post', { synchronize: false })
@Index('notifications_age', { synchronize: false })
export class Notification {
  @PrimaryColumn({ type: 'smallint', comment: SHARD })
  shard!: number;

  @PrimaryColumn({ type: 'bigint', comment: 'Who is told' })
  user_id!: string;

  @PrimaryColumn({
    type: 'text',
    comment: 'What it is about: type and id, such as like:<post>; stays while the group grows',
  })
  group_key!: string;

  @Column({ type: 'bigint', comment: 'Its position, made by next_id: a group that grows gets a new one' })
  id!: string;

  @Column({
    type: 'text',
    comment: 'like, comment, reply, mention, comment_like, follow, request or accept',
  })
  type!: string;

  @Column({
    type: 'bigint',
    nullable: true,
    comment: 'The post that it is about or under; null for what is between people',
  })
  post_id!: string | null;

  @Column({
    type: 'bigint',
    nullable: true,
    comment: 'The comment to show with it: the newest one, or the one that was liked',
  })
  comment_id!: string | null;

  @Column({ type: 'bigint', array: true, comment: 'The newest three who did it, newest first' })
  actors!: string[];

  @Column({
    type: 'integer',
    comment: 'How many people did it; 0: all of them took it back, and it may return',
  })
  count!: number;

  @Column({
    type: 'bigint',
    comment: 'The newest cause that was ever counted, by its id: a newer one makes the group grow',
  })
  newest!: string;

  @Column({ type: 'boolean', default: false, comment: 'Whether its owner has read as far as its position' })
  read!: boolean;

  @Column({ type: 'timestamptz', default: () => 'now()', comment: 'When it last grew' })
  created_at!: Date;
}

@Entity('notification_states', {
  comment:
    'One row a person who was ever told of something; whoever changes their notifications holds its lock',
})
export class NotificationState {
  @PrimaryColumn({ type: 'smallint', comment: SHARD })
  shard!: number;

  @PrimaryColumn({ type: 'bigint', comment: 'Whose notifications they are' })
  user_id!: string;

  @Column({ type: 'integer', default: 0, comment: 'How many are unread, so that nobody counts rows' })
  unread!: number;

  @Column({
    type: 'bigint',
    default: '0',
    comment: 'The newest follow that was read of: the next group of new followers begins above it',
  })
  follows_since!: string;
}
