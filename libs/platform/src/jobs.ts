import type { Id } from './ids.js';

/**
 * Every job of the system and its payload: ids, never rows. A job only says "check this now": the row decides whether there is
 * anything to do, so a job may be lost, duplicated or late. A row has one job at a time, whoever sends it: BullMQ gives the
 * jobs of a dead worker to another.
 */
export interface Jobs {
  /** A photo is `processing`: the worker develops the next one in line. */
  develop: { photoId: Id };
  /** Advance one outbox row of a fan-out kind by a page. */
  deliver: { outboxId: Id; after?: Id };
  /** Process one outbox row of any other kind. */
  effect: { outboxId: Id };
  /** Fold the count deltas of one shard's subjects. */
  fold: { shard: number };
  /** Recompute the notifications about one subject. `again` tells the next such job from the running one. */
  notify: { kind: NotifyKind; subjectId: Id; again?: true };
}

export type JobName = keyof Jobs;

/** One queue per kind of work, so that photos, fan-outs and small effects never wait behind each other. */
export const jobNames: readonly JobName[] = ['develop', 'deliver', 'effect', 'fold', 'notify'];

/**
 * Every kind of outbox row: an effect outside PostgreSQL whose row is written in the transaction that causes it. `subject` says
 * what `subject_id` names; `job` is the queue that processes it.
 */
export const outboxKinds = {
  /** Insert a published post into its followers' feeds. */
  'post.deliver': { subject: 'post', job: 'deliver' },
  /** Forget a deleted post: its likes, comments, saves and cached counts. */
  'post.forget': { subject: 'post', job: 'effect' },
  /** A post's cached version is stale: caption edited, archived, published. `object`: the author whose own feed must show it. */
  'post.changed': { subject: 'post', job: 'effect' },
  /** An author's cached version is stale: name or avatar changed, account closed. */
  'user.changed': { subject: 'user', job: 'effect' },
  /** Recompute a person's follow suggestions. */
  'suggestions.refresh': { subject: 'user', job: 'effect' },
  /** A person became private or public: their posts stop counting under tags and places, or count again. */
  'privacy.changed': { subject: 'user', job: 'effect' },
  /** Delete everything of a closed account, in batches. */
  'user.erase': { subject: 'user', job: 'effect' },
  /** A person's follows, blocks or mutes changed: their feed is rebuilt on its next read. */
  'relations.changed': { subject: 'user', job: 'effect' },
  /** A block changed: hide or show one person's (object) likes and comments on another's posts (subject). */
  'block.changed': { subject: 'user', job: 'effect' },
  /** A private person went public: all pending follow requests are accepted. */
  'requests.accept': { subject: 'user', job: 'effect' },
  /** An author became large: followers' feeds must merge them. */
  'audience.grew': { subject: 'user', job: 'deliver' },
  /** Send a mail, or find out first whose it is. */
  'mail.send': { subject: 'mail', job: 'effect' },
  /** Somebody asked for an export: a worker makes those that wait, one after another. */
  'export.make': { subject: 'transfer', job: 'effect' },
  /** A zip is to be imported: as above. */
  'import.make': { subject: 'transfer', job: 'effect' },
  /** A session ended: drop its cached lookup. */
  'session.ended': { subject: 'session', job: 'effect' },
  /** A photo's objects go to the trash. */
  'photo.trash': { subject: 'photo', job: 'effect' },
  /** A post's likes changed: notify its author. The code that changes the count writes this row, and the next four. */
  'notify.likes': { subject: 'post', job: 'notify' },
  'notify.comments': { subject: 'post', job: 'notify' },
  'notify.replies': { subject: 'comment', job: 'notify' },
  'notify.commentLikes': { subject: 'comment', job: 'notify' },
  'notify.follows': { subject: 'user', job: 'notify' },
  /** The mentions of a published post or a comment may have changed, or it is gone. */
  'notify.mentions': { subject: 'post or comment', job: 'notify' },
  /** The follow requests to a private person changed. */
  'notify.requests': { subject: 'user', job: 'notify' },
  /** A private person (object) accepted a follower (subject). */
  'notify.accepted': { subject: 'user', job: 'notify' },
  /** A follower (subject) no longer follows another person (object). */
  'notify.ended': { subject: 'user', job: 'notify' },
  /** A person (subject) blocked, unblocked, muted or unmuted another (object), or was blocked by them. */
  'notify.relation': { subject: 'user', job: 'notify' },
  /** A person became private or public: recompute others' notifications about activity on their posts. */
  'notify.privacy': { subject: 'user', job: 'notify' },
  /** A post's audience changed, or it is gone: recompute all notifications about it. */
  'notify.post': { subject: 'post', job: 'notify' },
} as const satisfies Record<string, { subject: string; job: JobName }>;

export type OutboxKind = keyof typeof outboxKinds;

/** The kinds whose rows of one subject are processed together: a thousand likes a second are one notification. */
export type NotifyKind = {
  [Kind in OutboxKind]: (typeof outboxKinds)[Kind]['job'] extends 'notify' ? Kind : never;
}[OutboxKind];

export function isNotifyKind(kind: OutboxKind): kind is NotifyKind {
  return outboxKinds[kind]?.job === 'notify';
}

/**
 * Messages between processes for connected people. Such a message may be lost: lasting state is in rows, and a client that may
 * have missed one has to read again.
 */
export type LiveMessage =
  /** A photo or a post of this person changed its state. */
  | { kind: 'photo' | 'post'; to: Id; id: Id; state: string }
  /** A group of this person's notifications changed. */
  | { kind: 'notification'; to: Id; group: string }
  /** A post has reached its readers' feeds. */
  | { kind: 'delivered'; post: Id }
  /** A session ended, and its streams with it. */
  | { kind: 'ended'; session: Id }
  /** This person has too many open streams: the oldest ones. */
  | { kind: 'surplus'; to: Id; streams: string[] };
