import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { SHARD } from './shard.js';

@Entity('follows', {
  comment: "Whom a person follows or asked to follow, on the follower's shard; this end decides",
})
@Index('follows_newest', { synchronize: false })
export class Follow {
  @PrimaryColumn({ type: 'smallint', comment: SHARD })
  shard!: number;

  @PrimaryColumn({ type: 'bigint', comment: 'Who follows' })
  follower_id!: string;

  @PrimaryColumn({ type: 'bigint', comment: 'Who is followed' })
  followee_id!: string;

  @Column({ type: 'bigint', comment: 'Orders the list of followees' })
  id!: string;

  @Column({
    type: 'boolean',
    default: true,
    comment: 'False while a private account has not answered the request',
  })
  accepted!: boolean;
}

@Entity('followers', {
  comment: "The other end of follows, on the followee's shard: what a fan-out pages through",
})
@Index('followers_newest', { synchronize: false })
export class Follower {
  @PrimaryColumn({ type: 'smallint', comment: SHARD })
  shard!: number;

  @PrimaryColumn({ type: 'bigint', comment: 'Who is followed' })
  followee_id!: string;

  @PrimaryColumn({ type: 'bigint', comment: 'Who follows; fan-out pages by this key' })
  follower_id!: string;

  @Column({ type: 'bigint', comment: 'Orders the list of followers' })
  id!: string;

  @Column({ type: 'boolean', default: true, comment: 'As in follows, changed in the same transaction' })
  accepted!: boolean;
}

@Entity('blocks', { comment: "Whom a person blocks, on the blocker's shard; this end decides" })
@Index('blocks_newest', { synchronize: false })
export class Block {
  @PrimaryColumn({ type: 'smallint', comment: SHARD })
  shard!: number;

  @PrimaryColumn({ type: 'bigint', comment: 'Who blocks' })
  blocker_id!: string;

  @PrimaryColumn({ type: 'bigint', comment: 'Who is blocked' })
  blocked_id!: string;

  @Column({ type: 'bigint', comment: 'Orders the list of blocks' })
  id!: string;
}

@Entity('blocked_by', {
  comment: "The other end of blocks, on the blocked person's shard: asked at every read of theirs",
})
export class BlockedBy {
  @PrimaryColumn({ type: 'smallint', comment: SHARD })
  shard!: number;

  @PrimaryColumn({ type: 'bigint', comment: 'Who is blocked' })
  blocked_id!: string;

  @PrimaryColumn({ type: 'bigint', comment: 'Who blocks' })
  blocker_id!: string;

  @Column({ type: 'bigint', comment: 'The same as in blocks' })
  id!: string;
}

@Entity('mutes', {
  comment: "Whose posts a person does not want to see; on the muter's shard, unknown to the muted",
})
@Index('mutes_newest', { synchronize: false })
@Index('mutes_muted', ['muted_id'])
export class Mute {
  @PrimaryColumn({ type: 'smallint', comment: SHARD })
  shard!: number;

  @PrimaryColumn({ type: 'bigint', comment: 'Who mutes' })
  muter_id!: string;

  @PrimaryColumn({ type: 'bigint', comment: 'Who is muted' })
  muted_id!: string;

  @Column({ type: 'bigint', comment: 'Orders the list of mutes' })
  id!: string;
}
