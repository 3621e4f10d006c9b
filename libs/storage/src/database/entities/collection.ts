import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { SHARD } from './shard.js';

@Entity('collections', { comment: 'Named collections of saved posts, seen by their owner alone' })
@Index('collections_of_user', { synchronize: false })
export class Collection {
  @PrimaryColumn({ type: 'smallint', comment: SHARD })
  shard!: number;

  @PrimaryColumn({ type: 'bigint', comment: "Made by next_id on the owner's shard" })
  id!: string;

  @Column({ type: 'bigint', comment: 'Whose it is' })
  user_id!: string;

  @Column({ type: 'text', comment: 'As its owner wrote it' })
  name!: string;

  @Column({ type: 'integer', default: 0, comment: 'Rows of collection_posts; changed in the same statement' })
  posts_count!: number;

  @Column({ type: 'timestamptz', default: () => 'now()', comment: 'When it was made' })
  created_at!: Date;
}

@Entity('collection_posts', { comment: 'Which saved posts a collection holds' })
@Index('collection_posts_newest', { synchronize: false })
export class CollectionPost {
  @PrimaryColumn({ type: 'smallint', comment: SHARD })
  shard!: number;

  @PrimaryColumn({ type: 'bigint', comment: 'The collection' })
  collection_id!: string;

  @PrimaryColumn({ type: 'bigint', comment: 'A post that its owner saved' })
  post_id!: string;

  @Column({ type: 'bigint', comment: 'Orders the collection, newest first' })
  id!: string;
}
