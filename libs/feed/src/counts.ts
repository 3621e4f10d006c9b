import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import type { CounterName } from '@app/storage';

/** What changes about a post without its text changing, and the versions under which its unchanging part is cached. */
export interface PostCounts {
  likes: number;
  comments: number;
  version: number;
  author: Id;
  authorVersion: number;
}

export interface UserCounts {
  posts: number;
  followers: number;
  following: number;
  version: number;
}

export type Subject = 'post' | 'user';

/** Counts and versions of posts and users: cached in Redis, loaded from rows and unfolded deltas when absent. */
@Injectable()
export class Counts {
  /** Of many posts, in one round trip; deleted ones are not in the answer. Falls back to PostgreSQL. */
  posts(ids: readonly Id[]): Promise<Map<Id, PostCounts>> {
    throw new Error(`not built: ${ids.length}`);
  }

  /** Of many users; those that are gone are not in the answer. Falls back to PostgreSQL. */
  users(ids: readonly Id[]): Promise<Map<Id, UserCounts>> {
    throw new Error(`not built: ${ids.length}`);
  }

  /**
   * Tells of a delta that was committed, so that the next read shows it at once. `since` is `performance.now()` from
   * before the transaction began. Never throws: what it could not tell, the fold's `settle` does.
   */
  changed(counter: CounterName, subject: Id, delta: number, since: number): Promise<void> {
    throw new Error(`not built: ${counter} ${subject} ${delta} ${since}`);
  }

  /**
   * Sets the cached counts of these subjects from PostgreSQL. The worker calls it before it folds their deltas.
   *
   * @throws RedisAway: do not fold yet
   */
  settle(kind: Subject, ids: readonly Id[]): Promise<void> {
    throw new Error(`not built: ${kind} ${ids.length}`);
  }

  /**
   * Makes the next read load these anew: a version changed, or a doubt.
   *
   * @throws RedisAway: repeat it
   */
  forget(kind: Subject, ids: readonly Id[]): Promise<void> {
    throw new Error(`not built: ${kind} ${ids.length}`);
  }

  /**
   * Remembers that these are deleted.
   *
   * @throws RedisAway: repeat it
   */
  gone(kind: Subject, ids: readonly Id[]): Promise<void> {
    throw new Error(`not built: ${kind} ${ids.length}`);
  }
}
