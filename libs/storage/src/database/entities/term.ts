import type { Id } from '@app/platform';
import { Entity, Index } from 'typeorm';
import { Column, Key, Nullable, OnShard } from './column.js';

const COUNTED = 'Whether its author is public: what private people say shows in no count';
const OF_NAME = 'Made by next_id on the shard that is drawn from the name';

@Entity('tags', { comment: 'Hashtags, each once; on the shard of their name' })
@Index('tags_by_name', { synchronize: false })
export class Tag extends OnShard {
  @Key('bigint', OF_NAME) id!: Id;
  @Column('text', 'Without its sign, folded by the one folding function') name!: string;
  @Column('integer', 'Counted rows of post_tags; folded from count_deltas', { default: 0 })
  posts_count!: number;
}

@Entity('post_tags', {
  comment: "Published posts that are not archived, by the tags of their captions; on the tag's shard",
})
@Index('post_tags_public', { synchronize: false })
export class PostTag extends OnShard {
  @Key('bigint', 'A tag of the caption') tag_id!: Id;
  @Key('bigint', "The post; a tag's page is read by it, newest first") post_id!: Id;
  @Column('boolean', COUNTED) counted!: boolean;
}

@Entity('places', { comment: 'Places of posts, each name once; on the shard of their name' })
@Index('places_by_name', { synchronize: false })
export class Place extends OnShard {
  @Key('bigint', OF_NAME) id!: Id;
  @Column('text', 'Folded by the one folding function, spaces of any kind as one') name!: string;
  @Column('text', 'As a public post spelt it first, NFC; empty until one did') shown!: string;
  @Nullable('double precision', 'Degrees, -90 to 90, from the first public post that had them') latitude!:
    number | null;
  @Nullable('double precision', 'Degrees, -180 to 180, from the first public post that had them') longitude!:
    number | null;
  @Column('integer', 'Counted rows of post_places; folded from count_deltas', { default: 0 })
  posts_count!: number;
}

@Entity('post_places', {
  comment: "Published posts that are not archived, by their place; on the place's shard",
})
@Index('post_places_public', { synchronize: false })
export class PostPlace extends OnShard {
  @Key('bigint', "The post's place") place_id!: Id;
  @Key('bigint', "The post; a place's posts are read by it, newest first") post_id!: Id;
  @Column('boolean', COUNTED) counted!: boolean;
}

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
export class SearchWord extends OnShard {
  @Key('bigint', 'The user, tag or place') subject_id!: Id;
  @Key('text', 'A name from one of its words on, as search_text makes it, without its first space')
  word!: string;
  @Column('text', 'user, tag or place') kind!: string;
  @Column('boolean', 'Whether it is a name from its first word on') whole!: boolean;
  @Column('smallint', 'search_rank() of the followers or posts: changes seldom, unlike their number')
  rank!: number;
}
