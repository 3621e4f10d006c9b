import type { Id } from './ids.js';

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
