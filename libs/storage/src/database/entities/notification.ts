import type { Id } from '@app/platform';
import { Entity, Index } from 'typeorm';
import { Column, Key, Nullable, OnShard } from './column.js';

export type NotificationType =
  'like' | 'comment' | 'reply' | 'mention' | 'comment_like' | 'follow' | 'request' | 'accept';

@Entity('notifications', {
  comment:
    "What a person is told of, one row a group, on the person's shard; worked out anew from its causes, kept 90 days",
})
@Index('notifications_newest', { synchronize: false })
@Index('notifications_unread', { synchronize: false })
@Index('notifications_of_group', { synchronize: false })
@Index('notifications_of_post', { synchronize: false })
@Index('notifications_age', { synchronize: false })
export class Notification extends OnShard {
  @Key('bigint', 'Who is told') user_id!: Id;
  @Key('text', 'What it is about: type and id, such as like:<post>; stays while the group grows')
  group_key!: string;
  @Column('bigint', 'Its position, made by next_id: a group that grows gets a new one') id!: Id;
  @Column('text', 'like, comment, reply, mention, comment_like, follow, request or accept')
  type!: NotificationType;
  @Nullable('bigint', 'The post that it is about or under; null for what is between people')
  post_id!: Id | null;
  @Nullable('bigint', 'The comment to show with it: the newest one, or the one that was liked')
  comment_id!: Id | null;
  @Column('bigint', 'The newest three who did it, newest first', { array: true }) actors!: Id[];
  @Column('integer', 'How many people did it; 0: all of them took it back, and it may return') count!: number;
  @Column('bigint', 'The newest cause that was ever counted, by its id: a newer one makes the group grow')
  newest!: Id;
  @Column('boolean', 'Whether its owner has read as far as its position', { default: false }) read!: boolean;
  @Column('timestamptz', 'When it last grew', { default: () => 'now()' }) created_at!: Date;
}

@Entity('notification_states', {
  comment:
    'One row a person who was ever told of something; whoever changes their notifications holds its lock',
})
export class NotificationState extends OnShard {
  @Key('bigint', 'Whose notifications they are') user_id!: Id;
  @Column('integer', 'How many are unread, so that nobody counts rows', { default: 0 }) unread!: number;
  @Column('bigint', 'The newest follow that was read of: the next group of new followers begins above it', {
    default: '0',
  })
  follows_since!: Id;
}
