import type { Id } from '@app/platform';
import { Entity, Index } from 'typeorm';
import { Column, Key, OnShard } from './column.js';

@Entity('follows', {
  comment: "Whom a person follows or asked to follow, on the follower's shard; this end decides",
})
@Index('follows_newest', { synchronize: false })
export class Follow extends OnShard {
  @Key('bigint', 'Who follows') follower_id!: Id;
  @Key('bigint', 'Who is followed') followee_id!: Id;
  @Column('bigint', 'Orders the list of followees') id!: Id;
  @Column('boolean', 'False while a private account has not answered the request', { default: true })
  accepted!: boolean;
}

@Entity('followers', {
  comment: "The other end of follows, on the followee's shard: what a fan-out pages through",
})
@Index('followers_newest', { synchronize: false })
export class Follower extends OnShard {
  @Key('bigint', 'Who is followed') followee_id!: Id;
  @Key('bigint', 'Who follows; fan-out pages by this key') follower_id!: Id;
  @Column('bigint', 'Orders the list of followers') id!: Id;
  @Column('boolean', 'As in follows, changed in the same transaction', { default: true }) accepted!: boolean;
}

@Entity('blocks', { comment: "Whom a person blocks, on the blocker's shard; this end decides" })
@Index('blocks_newest', { synchronize: false })
export class Block extends OnShard {
  @Key('bigint', 'Who blocks') blocker_id!: Id;
  @Key('bigint', 'Who is blocked') blocked_id!: Id;
  @Column('bigint', 'Orders the list of blocks') id!: Id;
}

@Entity('blocked_by', {
  comment: "The other end of blocks, on the blocked person's shard: asked at every read of theirs",
})
export class BlockedBy extends OnShard {
  @Key('bigint', 'Who is blocked') blocked_id!: Id;
  @Key('bigint', 'Who blocks') blocker_id!: Id;
  @Column('bigint', 'The same as in blocks') id!: Id;
}

@Entity('mutes', {
  comment: "Whose posts a person does not want to see; on the muter's shard, unknown to the muted",
})
@Index('mutes_newest', { synchronize: false })
@Index('mutes_muted', ['muted_id'])
export class Mute extends OnShard {
  @Key('bigint', 'Who mutes') muter_id!: Id;
  @Key('bigint', 'Who is muted') muted_id!: Id;
  @Column('bigint', 'Orders the list of mutes') id!: Id;
}
