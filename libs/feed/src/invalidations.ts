import { keys, limits, type Id, type OutboxKind } from '@app/platform';
import type { CommittedEffect } from '@app/storage';
import { insertArguments } from './feed-lists.js';
import type { Argument } from './redis-link.js';
import type { ScriptName } from './scripts.js';

/** A change in PostgreSQL that must reach Redis. Each may arrive late, twice and in any order. */
export interface Invalidation {
  /** The owner of the keys: all keys of one id are on one node of a cluster. */
  owner: Id;
  script: ScriptName;
  keysOf: (epoch: string) => string[];
  args: readonly Argument[];
}

type KeyOf = (epoch: string, owner: Id) => string;

/** How long a deletion is remembered: longer than any process takes to install an earlier read. In seconds. */
const GONE_FOR = 24 * 60 * 60;

const forget = (owner: Id, ...kinds: KeyOf[]): Invalidation => ({
  owner,
  script: 'forget',
  keysOf: (epoch) => kinds.map((keyOf) => keyOf(epoch, owner)),
  args: [],
});

const tombstone = (owner: Id, keyOf: KeyOf, text: string, seconds: number): Invalidation => ({
  owner,
  script: 'tombstone',
  keysOf: (epoch) => [keyOf(epoch, owner)],
  args: [text, seconds],
});

/** Every invalidation. They are idempotent and commute: an absent key is read again, and a deletion is final. */
export const invalidation = {
  /** A post's counts and version. */
  ofPost: (post: Id) => forget(post, keys.post),
  ofDeletedPost: (post: Id) => tombstone(post, keys.post, 'gone', GONE_FOR),
  /** A user's counts and version. */
  ofUser: (user: Id) => forget(user, keys.user),
  ofMarks: (reader: Id, mark: 'liked' | 'saved') => forget(reader, keys[mark]),
  /** A reader's feed and relations: after follow, unfollow, block, mute, and when an author whom they follow becomes large. */
  ofFeed: (reader: Id): Invalidation => ({
    owner: reader,
    script: 'feeds-bump',
    keysOf: (epoch) => [
      keys.homeFeed(epoch, reader),
      keys.reader(epoch, reader),
      keys.relations(epoch, reader),
    ],
    args: [],
  }),
  /** The author's own feed, which lacks the post. */
  ofOwnFeed: (author: Id, post: Id): Invalidation => ({
    owner: author,
    script: 'feed-insert',
    keysOf: (epoch) => [keys.homeFeed(epoch, author)],
    args: insertArguments(post, 'keep'),
  }),
  /** A session that ended; its access tokens do not outlive this tombstone. */
  ofSession: (session: Id) => tombstone(session, keys.session, 'ended', limits.session.accessToken),
};

const byKind: Partial<Record<OutboxKind, (subject: Id, object: Id | null) => Invalidation[]>> = {
  'post.changed': (post, author) =>
    author === null
      ? [invalidation.ofPost(post)]
      : [invalidation.ofPost(post), invalidation.ofOwnFeed(author, post)],
  'post.forget': (post) => [invalidation.ofDeletedPost(post)],
  'user.changed': (user) => [invalidation.ofUser(user)],
  'relations.changed': (reader) => [invalidation.ofFeed(reader)],
  'session.ended': (session) => [invalidation.ofSession(session)],
};

/** The invalidations that an outbox row asks for. */
export const invalidationsOf = ({ kind, subjectId, objectId }: CommittedEffect): Invalidation[] =>
  byKind[kind]?.(subjectId, objectId) ?? [];
