import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { SHARD } from './shard.js';

@Entity('suggestions', {
  comment: "Whom a person may want to follow, worked out by the worker; on the person's shard",
})
@Index('suggestions_best', { synchronize: false })
export class Suggestion {
  @PrimaryColumn({ type: 'smallint', comment: SHARD })
  shard!: number;

  @PrimaryColumn({ type: 'bigint', comment: 'To whom it is suggested' })
  user_id!: string;

  @PrimaryColumn({ type: 'bigint', comment: 'Who is suggested' })
  suggested_id!: string;

  @Column({ type: 'bigint', comment: 'Orders the list: the best was written last' })
  id!: string;

  @Column({
    type: 'smallint',
    comment: 'How many of those whom the person follows follow them; 0 for the popular',
  })
  common!: number;
}

@Entity('suggestion_states', {
  comment: "When a person's suggestions were last asked to be worked out",
})
export class SuggestionState {
  @PrimaryColumn({ type: 'smallint', comment: SHARD })
  shard!: number;

  @PrimaryColumn({ type: 'bigint', comment: 'Whose suggestions' })
  user_id!: string;

  @Column({
    type: 'timestamptz',
    comment: 'Older than a day, or than the newest follow, it is done again on the next read',
  })
  asked_at!: Date;
}

@Entity('suggestion_dismissals', {
  comment: 'Whom a person does not want suggested again, for good',
})
export class SuggestionDismissal {
  @PrimaryColumn({ type: 'smallint', comment: SHARD })
  shard!: number;

  @PrimaryColumn({ type: 'bigint', comment: 'Who dismissed' })
  user_id!: string;

  @PrimaryColumn({ type: 'bigint', comment: 'Whom' })
  dismissed_id!: string;
}

@Entity('popular_posts', {
  comment: 'The some thousand public posts with the most likes for their age',
})
@Index('popular_posts_best', { synchronize: false })
export class PopularPost {
  @PrimaryColumn({ type: 'smallint', comment: SHARD })
  shard!: number;

  @PrimaryColumn({ type: 'bigint', comment: 'Which post' })
  post_id!: string;

  @Column({
    type: 'double precision',
    comment:
      'log2 of its likes plus the half-lives from 2026 to its id: never rewritten for time that passes',
  })
  score!: number;
}

@Entity('popular_people', {
  comment: 'The some thousand people with the most followers, as folds of their counts pass by',
})
@Index('popular_people_most', { synchronize: false })
export class PopularPerson {
  @PrimaryColumn({ type: 'smallint', comment: SHARD })
  shard!: number;

  @PrimaryColumn({ type: 'bigint', comment: 'Who' })
  user_id!: string;

  @Column({ type: 'integer', comment: 'Followers when their count was last folded' })
  followers!: number;
}
