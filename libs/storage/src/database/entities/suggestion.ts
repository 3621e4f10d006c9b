import type { Id } from '@app/platform';
import { Entity, Index } from 'typeorm';
import { Column, Key, OnShard } from './column.js';

@Entity('suggestions', {
  comment: "Whom a person may want to follow, worked out by the worker; on the person's shard",
})
@Index('suggestions_best', { synchronize: false })
@Index('suggestions_suggested', { synchronize: false })
export class Suggestion extends OnShard {
  @Key('bigint', 'To whom it is suggested') user_id!: Id;
  @Key('bigint', 'Who is suggested') suggested_id!: Id;
  @Column('bigint', 'Orders the list: the best was written last') id!: Id;
  @Column('smallint', 'How many of those whom the person follows follow them; 0 for the popular')
  common!: number;
}

@Entity('suggestion_states', {
  comment: "When a person's suggestions were last asked to be worked out",
})
export class SuggestionState extends OnShard {
  @Key('bigint', 'Whose suggestions') user_id!: Id;
  @Column('timestamptz', 'Older than a day, or than the newest follow, it is done again on the next read')
  asked_at!: Date;
}

@Entity('suggestion_dismissals', {
  comment: 'Whom a person does not want suggested again, for good',
})
@Index('suggestion_dismissals_dismissed', { synchronize: false })
export class SuggestionDismissal extends OnShard {
  @Key('bigint', 'Who dismissed') user_id!: Id;
  @Key('bigint', 'Whom') dismissed_id!: Id;
}

@Entity('popular_posts', {
  comment: 'The some thousand public posts with the most likes for their age',
})
@Index('popular_posts_best', { synchronize: false })
export class PopularPost extends OnShard {
  @Key('bigint', 'Which post') post_id!: Id;
  @Column(
    'double precision',
    'log2 of its likes plus the half-lives from 2026 to its id: never rewritten for time that passes',
  )
  score!: number;
}

@Entity('popular_people', {
  comment: 'The some thousand people with the most followers, as folds of their counts pass by',
})
@Index('popular_people_most', { synchronize: false })
export class PopularPerson extends OnShard {
  @Key('bigint', 'Who') user_id!: Id;
  @Column('integer', 'Followers when their count was last folded') followers!: number;
}
