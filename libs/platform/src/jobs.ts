import type { Id } from './ids.js';

/**
 * Every job of the system and its payload: ids, never rows. A job only says "look at this now": the row decides whether
 * there is anything to do, so a job may be lost, doubled or late. A row has one job at a time, whoever sends it: BullMQ gives
 * the jobs of a dead worker to another.
 */
export interface Jobs {
  /** A photo is `processing`: the worker develops the one whose turn it is. */
  develop: { photoId: Id };
  /** Take one outbox row of a fan-out kind forward by a page. */
  deliver: { outboxId: Id; after?: Id };
  /** Carry out one outbox row of any other kind. */
  effect: { outboxId: Id };
  /** Fold the count deltas of one shard's subjects. */
  fold: { shard: number };
  /** Work out anew what people are told of one subject. `again` tells the next such job from the one that runs. */
  notify: { kind: NotifyKind; subjectId: Id; again?: true };
}

export type JobName = keyof Jobs;

/** One queue a kind of work, so that photos, fan-outs and small effects never wait behind each other. */
export const jobNames: readonly JobName[] = ['develop', 'deliver', 'effect', 'fold', 'notify'];

/**
 * Every kind of outbox row: an effect outside PostgreSQL whose row is written in the transaction that causes it.
 * `subject` says what `subject_id` names; `job` which queue carries it out.
 */
export const outboxKinds = {
  /** Insert a published post into its followers' feeds. */
  'post.deliver': { subject: 'post', job: 'deliver' },
  /** Forget a deleted post: its likes, comments, saves and cached counts. */
  'post.forget': { subject: 'post', job: 'effect' },
  /** A post's cached version is old: caption edited, archived, published. `object`: whose own feed has to show it. */
  'post.changed': { subject: 'post', job: 'effect' },
  /** An author's cached version is old: name or avatar changed, account closed. */
  'user.changed': { subject: 'user', job: 'effect' },
  /** Whom somebody may want to follow is worked out anew. */
  'suggestions.refresh': { subject: 'user', job: 'effect' },
  /** Somebody became private or public: their posts count under tags and places no more, or again. */
  'privacy.changed': { subject: 'user', job: 'effect' },
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
  /** A post's likes changed: its author is told. Written by whoever changes the count, as are the next four. */
  'notify.likes': { subject: 'post', job: 'notify' },
  'notify.comments': { subject: 'post', job: 'notify' },
  'notify.replies': { subject: 'comment', job: 'notify' },
  'notify.commentLikes': { subject: 'comment', job: 'notify' },
  'notify.follows': { subject: 'user', job: 'notify' },
  /** Whom a published post or a comment mentions may have changed, or it is gone. */
  'notify.mentions': { subject: 'post or comment', job: 'notify' },
  /** Who asks to follow a private person changed. */
  'notify.requests': { subject: 'user', job: 'notify' },
  /** A follower (subject) was let in by a private person (object). */
  'notify.accepted': { subject: 'user', job: 'notify' },
  /** A follower (subject) follows another person (object) no longer. */
  'notify.ended': { subject: 'user', job: 'notify' },
  /** A person (subject) blocked, unblocked, muted or unmuted another (object), or was blocked by them. */
  'notify.relation': { subject: 'user', job: 'notify' },
  /** Somebody became private or public: what others are told of below their posts. */
  'notify.privacy': { subject: 'user', job: 'notify' },
  /** Who may see a post changed, or it is gone: all that people are told of it. */
  'notify.post': { subject: 'post', job: 'notify' },
} as const satisfies Record<string, { subject: string; job: JobName }>;

export type OutboxKind = keyof typeof outboxKinds;

/** The kinds of which all rows of one subject are carried out at once: a thousand likes a second are one notification. */
export type NotifyKind = {
  [Kind in OutboxKind]: (typeof outboxKinds)[Kind]['job'] extends 'notify' ? Kind : never;
}[OutboxKind];

export function isNotifyKind(kind: OutboxKind): kind is NotifyKind {
  return outboxKinds[kind]?.job === 'notify';
}
