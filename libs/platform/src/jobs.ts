import type { Id } from './ids.js';

/**
 * Every job of the system and its payload: ids, never rows. A job only says "look at this now": the row decides whether
 * there is anything to do, so a job may be lost, doubled or late.
 */
export interface Jobs {
  /** Develop one photo that is `processing`. */
  develop: { photoId: Id };
  /** Take one outbox row of a fan-out kind forward by a page. */
  deliver: { outboxId: Id; after?: Id };
  /** Carry out one outbox row of any other kind. */
  effect: { outboxId: Id };
  /** Fold the count deltas of one shard's subjects. */
  fold: { shard: number };
}

export type JobName = keyof Jobs;

/** One queue a kind of work, so that photos, fan-outs and small effects never wait behind each other. */
export const jobNames: readonly JobName[] = ['develop', 'deliver', 'effect', 'fold'];

/**
 * Every kind of outbox row: an effect outside PostgreSQL whose row is written in the transaction that causes it.
 * `subject` says what `subject_id` names; `job` which queue carries it out.
 */
export const outboxKinds = {
  /** Insert a published post into its followers' feeds. */
  'post.deliver': { subject: 'post', job: 'deliver' },
  /** Forget a deleted post: its likes, comments, saves and cached counts. */
  'post.forget': { subject: 'post', job: 'effect' },
  /** A post's cached version is old: caption edited, archived, published. */
  'post.changed': { subject: 'post', job: 'effect' },
  /** An author's cached version is old: name or avatar changed, account closed. */
  'user.changed': { subject: 'user', job: 'effect' },
  /** Everything of a closed account is deleted, in batches. */
  'user.erase': { subject: 'user', job: 'effect' },
  /** Somebody's follows, blocks or mutes changed: their feed is rebuilt on its next read. */
  'relations.changed': { subject: 'user', job: 'effect' },
  /** Likes and comments of one person (object) on another's posts (subject) are hidden or shown, as a block says. */
  'block.changed': { subject: 'user', job: 'effect' },
  /** A private person opened up: those who still ask to follow are let in. */
  'requests.accept': { subject: 'user', job: 'effect' },
  /** An author became large: followers' feeds must merge them. */
  'audience.grew': { subject: 'user', job: 'deliver' },
  /** A session ended: its cached look-up goes. */
  'session.ended': { subject: 'session', job: 'effect' },
  /** A photo's objects go to the trash. */
  'photo.trash': { subject: 'photo', job: 'effect' },
} as const satisfies Record<string, { subject: string; job: JobName }>;

export type OutboxKind = keyof typeof outboxKinds;
