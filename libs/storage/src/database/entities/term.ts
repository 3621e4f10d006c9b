import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { SHARD } from './shard.js';

const COUNTED = 'Whether its author is public: what private people say shows in no count';
const OF_NAME = 'Made by next_id on the shard that is drawn from the name';

@Entity('tags', { comment: 'Hashtags, each once; on the shard of their name' })
@Index('tags_by_name', { synchronize: false })
export class Tag {
  @PrimaryColumn({ type: 'smallint', comment: SHARD })
  shard!: number;

  @PrimaryColumn({ type: 'bigint', comment: OF_NAME })
  id!: string;

  @Column({ type: 'text', comment: 'Without its sign, folded by the one folding function' })
  name!: string;

  @Column({
    type: 'integer',
    default: 0,
    comment: 'Counted rows of post_tags; folded from count_deltas',
  })
  posts_count!: number;
}

@Entity('post_tags', {
  comment: "Published posts that are not archived, by the tags of their captions; on the tag's shard",
})
@Index('post_tags_public', { synchronize: false })
export class PostTag {
  @PrimaryColumn({ type: 'smallint', comment: SHARD })
  shard!: number;

  @PrimaryColumn({ type: 'bigint', comment: 'A tag of the caption' })
  tag_id!: string;

  @PrimaryColumn({ type: 'bigint', comment: "The post; a tag's page is read by it, newest first" })
  post_id!: string;

  @Column({ type: 'boolean', comment: COUNTED })
  counted!: boolean;
}

@Entity('places', { comment: 'Places of posts, each name once; on the shard of their name' })
@Index('places_by_name', { synchronize: false })
export class Place {
  @PrimaryColumn({ type: 'smallint', comment: SHARD })
  shard!: number;

  @PrimaryColumn({ type: 'bigint', comment: OF_NAME })
  id!: string;

  @Column({ type: 'text', comment: 'Folded by the one folding function, spaces of any kind as one' })
  name!: string;

  @Column({ type: 'text', comment: 'As a public post spelt it first, NFC; empty until one did' })
  shown!: string;

  @Column({
    type: 'double precision',
    nullable: true,
    comment: 'Degrees, -90 to 90, from the first public post that had them',
  })
  latitude!: number | null;

  @Column({
    type: 'double precision',
    nullable: true,
    comment: 'Degrees, -180 to 180, from the first public post that had them',
  })
  longitude!: number | null;

  @Column({
    type: 'integer',
    default: 0,
    comment: 'Counted rows of post_places; folded from count_deltas',
  })
  posts_count!: number;
}

@Entity('post_places', {
  comment: "Published posts that are not archived, by their place; on the place's shard",
})
@Index('post_places_public', { synchronize: false })
export class PostPlace {
  @PrimaryColumn({ type: 'smallint', comment: SHARD })
  shard!: number;

  @PrimaryColumn({ type: 'bigint', comment: "The post's place" })
  place_id!: string;

  @PrimaryColumn({ type: 'bigint', comment: "The post; a place's posts are read by it, newest first" })
  post_id!: string;

  @Column({ type: 'boolean', comment: COUNTED })
  counted!: boolean;
}
