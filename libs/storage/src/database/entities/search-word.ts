import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { SHARD } from './shard.js';

@Entity('search_words', {
  comment: 'What people, tags and places are found by: their names from each word on; on their shard',
})
@Index('search_words_beginning', { synchronize: false })
@Index('search_words_large_1', { synchronize: false })
@Index('search_words_large_2', { synchronize: false })
@Index('search_words_large_3', { synchronize: false })
@Index('search_words_large_5', { synchronize: false })
@Index('search_words_large_8', { synchronize: false })
@Index('search_words_alike_large', { synchronize: false })
@Index('search_words_alike_user', { synchronize: false })
@Index('search_words_alike_tag', { synchronize: false })
@Index('search_words_alike_place', { synchronize: false })
export class SearchWord {
  @PrimaryColumn({ type: 'smallint', comment: SHARD })
  shard!: number;

  @PrimaryColumn({ type: 'bigint', comment: 'The user, tag or place' })
  subject_id!: string;

  @PrimaryColumn({
    type: 'text',
    comment: 'A name from one of its words on, as search_text makes it, without its first space',
  })
  word!: string;

  @Column({ type: 'text', comment: 'user, tag or place' })
  kind!: string;

  @Column({ type: 'boolean', comment: 'Whether it is a name from its first word on' })
  whole!: boolean;

  @Column({
    type: 'smallint',
    comment: 'search_rank() of the followers or posts: changes seldom, unlike their number',
  })
  rank!: number;
}
