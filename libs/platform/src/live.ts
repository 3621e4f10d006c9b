import type { Id } from './ids.js';

/**
 * What processes tell each other at once, for people who are connected. Such a message may be lost: what lasts is in rows,
 * and whoever may have missed one is told to read again.
 */
export type LiveMessage =
  /** A photo or a post of this person changed its state. */
  | { kind: 'photo' | 'post'; to: Id; id: Id; state: string }
  /** What this person is told of changed: which group. */
  | { kind: 'notification'; to: Id; group: string }
  /** A post has reached its readers' feeds. */
  | { kind: 'delivered'; post: Id }
  /** A session ended, and its streams with it. */
  | { kind: 'ended'; session: Id }
  /** This person has opened more streams than they may: the oldest. */
  | { kind: 'surplus'; to: Id; streams: string[] };
