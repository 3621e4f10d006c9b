import type { Id } from '@app/platform';
import { Entity, Index } from 'typeorm';
import { Column, Key, OnShard } from './column.js';

@Entity('likes', { comment: "What a person likes, on the liker's shard; this end decides" })
@Index('likes_newest', { synchronize: false })
export class Like extends OnShard {
  @Key('bigint', 'Who likes') user_id!: Id;
  @Key('bigint', 'What is liked') post_id!: Id;
  @Column('bigint', "Orders a person's likes") id!: Id;
}

@Entity('post_likes', { comment: "The other end of likes, on the post's shard: who likes a post" })
@Index('post_likes_newest', { synchronize: false })
export class PostLike extends OnShard {
  @Key('bigint', 'What is liked') post_id!: Id;
  @Key('bigint', 'Who likes') user_id!: Id;
  @Column('bigint', "Orders a post's likes") id!: Id;
  @Column('boolean', 'Hidden by a block; neither counted nor listed', { default: false }) hidden!: boolean;
}

@Entity('saves', {
  comment: 'What a person saved for themselves, on their shard; never shown to others or counted',
})
@Index('saves_newest', { synchronize: false })
export class Save extends OnShard {
  @Key('bigint', 'Who saved') user_id!: Id;
  @Key('bigint', 'What is saved') post_id!: Id;
  @Column('bigint', 'Orders the list of saved posts') id!: Id;
}

@Entity('collections', { comment: 'Named collections of saved posts, seen by their owner alone' })
@Index('collections_of_user', { synchronize: false })
export class Collection extends OnShard {
  @Key('bigint', "Made by next_id on the owner's shard") id!: Id;
  @Column('bigint', 'Whose it is') user_id!: Id;
  @Column('text', 'As its owner wrote it') name!: string;
  @Column('integer', 'Rows of collection_posts; changed in the same statement', { default: 0 })
  posts_count!: number;
  @Column('timestamptz', 'When it was made', { default: () => 'now()' }) created_at!: Date;
}

@Entity('collection_posts', { comment: 'Which saved posts a collection holds' })
@Index('collection_posts_newest', { synchronize: false })
export class CollectionPost extends OnShard {
  @Key('bigint', 'The collection') collection_id!: Id;
  @Key('bigint', 'A post that its owner saved') post_id!: Id;
  @Column('bigint', 'Orders the collection, newest first') id!: Id;
}
