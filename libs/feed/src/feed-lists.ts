import { randomInt } from 'node:crypto';
import { limits, type Id } from '@app/platform';
import type { Argument } from './redis-link.js';
import { FeedRedis } from './redis.js';
import { textOf } from './scripts.js';

/** Entries by which a list may exceed the window before it is trimmed, so that only one insertion in 32 trims. */
export const SLACK = 32;

/** A build that takes longer has died, or nobody waits for it any more: the next reader takes over. In milliseconds. */
const BUILDER_DIES_AFTER = 10_000;
/** An unfinished list expires after this, in seconds. */
const UNFINISHED_FOR = 60;

/** The arguments of `feed-insert`. `whileBuilt`: whether a list that is being built keeps the post, or is dropped and built anew. */
export function insertArguments(post: Id, whileBuilt: 'keep' | 'drop'): Argument[] {
  const { window } = limits.feed;
  return [post, window, window + SLACK, whileBuilt];
}

/**
 * Inserts a post into lists, each named by its owner; one call per group. Returns how many of the lists exist.
 *
 * @throws RedisAway
 */
export async function insertInto(
  redis: FeedRedis,
  keyOf: (epoch: string, owner: Id) => string,
  post: Id,
  owners: readonly Id[],
  whileBuilt: 'keep' | 'drop',
): Promise<number> {
  const { epoch } = redis;
  const calls = redis
    .groups(owners, (owner) => owner)
    .map((group) =>
      redis.run(
        'feed-insert',
        group.map((owner) => keyOf(epoch, owner)),
        insertArguments(post, whileBuilt),
      ),
    );
  const existing = await Promise.all(calls);
  return existing.reduce<number>((sum, answer) => sum + Number(answer), 0);
}

/**
 * Builds one list: marks it as being built, reads PostgreSQL, installs the result unless the list was dropped or taken over
 * meanwhile. Returns the ids read, or null when there was nothing to build or another process builds it.
 *
 * @throws RedisAway, or what `read` throws
 */
export async function buildList(
  redis: FeedRedis,
  keyOf: (epoch: string) => string,
  seconds: number,
  read: () => Promise<Id[]>,
): Promise<Id[] | null> {
  const { epoch } = redis;
  const key = keyOf(epoch);
  const random = randomInt(1_000_000).toString().padStart(6, '0');
  const marker = textOf(await redis.run('feed-begin', [key], [random, BUILDER_DIES_AFTER, UNFINISHED_FOR]));
  if (marker === '') return null;
  const ids = await read();
  const complete = ids.length < limits.feed.window ? 1 : 0;
  const install = [marker, limits.feed.window, complete, seconds, ...ids];
  // The ids are good whether or not they can be stored; nobody reads a list of an older epoch.
  await redis.run('feed-install', [key], install).catch(() => undefined);
  return ids;
}
