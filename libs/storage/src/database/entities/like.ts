import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { SHARD } from './shard.js';

@Entity('likes', { comment: "What a person likes, on the liker's shard; this end decides" })
@Index('likes_newest', { synchronize: false })
export class Like {
  @PrimaryColumn({ type: 'smallint', comment: SHARD })
  shard!: number;

  @PrimaryColumn({ type: 'bigint', comment: 'Who likes' })
  user_id!: string;

  @PrimaryColumn({ type: 'bigint', comment: 'What is liked' })
  post_id!: string;

  @Column({ type: 'bigint', comment: "Orders a person's likes" })
  id!: string;
}

@Entity('post_likes', { comment: "The other end of likes, on the post's shard: who likes a post" })
@Index('post_likes_newest', { synchronize: false })
export class PostLike {
  @PrimaryColumn({ type: 'smallint', comment: SHARD })
  shard!: number;

  @PrimaryColumn({ type: 'bigint', comment: 'What is liked' })
  post_id!: string;

  @PrimaryColumn({ type: 'bigint', comment: 'Who likes' })
  user_id!: string;

  @Column({ type: 'bigint', comment: "Orders a post's likes" })
  id!: string;

  @Column({ type: 'boolean', default: false, comment: 'Hidden by a block; neither counted nor listed' })
  hidden!: boolean;
}

@Entity('saves', {
  comment: 'What a person saved for themselves, on their shard; never shown to others or counted',
})
@Index('saves_newest', { synchronize: false })
export class Save {
  @PrimaryColumn({ type: 'smallint', comment: SHARD })
  shard!: number;

  @PrimaryColumn({ type: 'bigint', comment: 'Who saved' })
  user_id!: string;

  @PrimaryColumn({ type: 'bigint', comment: 'What is saved' })
  post_id!: string;

  @Column({ type: 'bigint', comment: 'Orders the list of saved posts' })
  id!: string;
}
