import { mixed, scattered, skewed } from './chance.ts';
import { placeOf, tagOf } from './names.ts';
import { hostileQueries, searchQuery } from './searches.ts';
import { hasSession, type Reader } from './stage-people.ts';
import { archivist, blocker, celebrity, forsaken, privatePerson, quarrel, requester } from './cast.ts';
import type { World } from './world.ts';

/** One request of a list. */
export interface Case {
  who: string;
  reader: Reader;
  path: string;
}

export interface Scenario {
  /** The hardest cases of this list: their plans are checked. */
  hard: (world: World) => Case[];
  /** Ordinary requests: the `n`th of those that are timed. */
  any: (world: World, n: number) => Omit<Case, 'who'>;
}

/** A random person with a session. */
const anybody = (world: World, n: number): number => mixed(n, 61) % (world.sessions - 50);

/** The person with the most follows, likes and comments, of those with a session who are visible. */
function busiest(world: World): number {
  for (let rank = 0; ; rank += 1) {
    const user = scattered(rank, world.users);
    const seen = world.private[user] !== 1 && !world.apart(blocker, user);
    if (seen && hasSession(world, user)) return user;
  }
}

/** An ordinary person with a session, whom none of the hard cases blocked. */
function passerBy(world: World): number {
  const special = [celebrity, blocker, archivist];
  for (let user = 50; ; user += 1) if (special.every((one) => !world.apart(user, one))) return user;
}

const one = (who: string, reader: Reader, path: string): Case => ({ who, reader, path });

/** A list of the caller's own, the same path for everybody. */
const own = (path: string, hard: (world: World) => [who: string, reader: number][]): Scenario => ({
  hard: (world) => hard(world).map(([who, reader]) => one(who, reader, path)),
  any: (world, n) => ({ reader: anybody(world, n), path }),
});

const drawnUser = (world: World, n: number): string => world.userId(skewed(world.users, 2, n, 62));
const drawnPost = (world: World, n: number): string =>
  world.postId(world.popularPost(skewed(world.posts, 2, n, 63)));
/** The most popular post that everybody may see, even the people who block many. */
function topPost(world: World): string {
  for (let rank = 0; ; rank += 1) {
    const post = world.popularPost(rank);
    if (world.counted(post) && !world.apart(blocker, world.author[post] ?? 0)) return world.postId(post);
  }
}

const ofUser = (
  list: string,
  hard: (world: World) => [who: string, reader: Reader, of: number][],
): Scenario => ({
  hard: (world) =>
    hard(world).map(([who, reader, of]) => one(who, reader, `/v1/users/${world.userId(of)}/${list}`)),
  any: (world, n) => ({ reader: anybody(world, n), path: `/v1/users/${drawnUser(world, n)}/${list}` }),
});

const belowPost = (list: string): Scenario => ({
  hard: (world) => [
    one('the most popular, without a token', null, `/v1/posts/${topPost(world)}/${list}`),
    one('the most popular, by who blocks many', blocker, `/v1/posts/${topPost(world)}/${list}`),
    one('many hidden by blocks', passerBy(world), `/v1/posts/${world.postId(quarrel)}/${list}`),
  ],
  any: (world, n) => ({ reader: anybody(world, n), path: `/v1/posts/${drawnPost(world, n)}/${list}` }),
});

const term = (kind: 'tags' | 'places', name: (number: number) => string): Scenario => {
  const path = (number: number) => `/v1/${kind}/${encodeURIComponent(name(number))}/posts`;
  return {
    hard: () => [one('the most used', null, path(0)), one('by who blocks many', blocker, path(0))],
    any: (world, n) => ({
      reader: anybody(world, n),
      path: path(skewed(kind === 'tags' ? world.tags : world.places, 2, n, 64)),
    }),
  };
};

const search: Scenario = {
  hard: (world) =>
    hostileQueries.flatMap(({ who, q, types }) =>
      types.map((type) =>
        one(`${type}: ${who}`, busiest(world), `/v1/search?type=${type}&q=${encodeURIComponent(q)}`),
      ),
    ),
  any: (world, n) => ({ reader: anybody(world, n), path: searchQuery(n) }),
};

/** By the paths of openapi.json. A missing list fails the run. */
export const scenarios: Record<string, Scenario> = {
  '/v1/feed': own('/v1/feed', (world) => [
    ['follows most', busiest(world)],
    ['the celebrity', celebrity],
    ['blocks many', blocker],
  ]),
  '/v1/explore': own('/v1/explore', (world) => [
    ['follows most', busiest(world)],
    ['blocks many', blocker],
  ]),
  '/v1/follow-requests': own('/v1/follow-requests', () => [['asked by very many', privatePerson]]),
  '/v1/me/archived': own('/v1/me/archived', () => [
    ['archived most', archivist],
    ['archived little of much', celebrity],
  ]),
  '/v1/me/blocked': own('/v1/me/blocked', () => [['blocks many', blocker]]),
  '/v1/me/collections': own('/v1/me/collections', () => [['has fifty, one of them large', celebrity]]),
  '/v1/me/collections/{id}/posts': {
    hard: (world) => [one('a large one', celebrity, collectionPath(world, 0))],
    any: (world, n) => ({ reader: celebrity, path: collectionPath(world, n % 50) }),
  },
  '/v1/me/liked': own('/v1/me/liked', (world) => [['likes most', busiest(world)]]),
  '/v1/me/muted': own('/v1/me/muted', () => [['mutes many', blocker]]),
  '/v1/me/saved': own('/v1/me/saved', () => [['saved most', celebrity]]),
  '/v1/notifications': own('/v1/notifications', () => [
    ['the celebrity', celebrity],
    ['nearly all taken back', forsaken],
  ]),
  '/v1/places/{place}/posts': term('places', placeOf),
  '/v1/posts/{id}/comments': belowPost('comments'),
  '/v1/posts/{id}/likes': belowPost('likes'),
  '/v1/search': search,
  '/v1/sessions': own('/v1/sessions', () => [['has fifty', celebrity]]),
  '/v1/suggestions': own('/v1/suggestions', () => [
    ['the celebrity', celebrity],
    ['blocks many', blocker],
  ]),
  '/v1/tags/{tag}/posts': term('tags', tagOf),
  '/v1/users/{id}/followers': ofUser('followers', () => [
    ['the celebrity’s, without a token', null, celebrity],
    ['the celebrity’s, by who blocks many', blocker, celebrity],
    ['asked by very many', privatePerson, privatePerson],
  ]),
  '/v1/users/{id}/following': ofUser('following', (world) => [
    ['of who follows most', blocker, busiest(world)],
    ['asked very many', requester, requester],
  ]),
  '/v1/users/{id}/posts': ofUser('posts', (world) => [
    ['the celebrity’s, without a token', null, celebrity],
    ['the celebrity’s, by who blocks many', blocker, celebrity],
    ['nearly all archived', passerBy(world), archivist],
  ]),
};

function collectionPath(world: World, collection: number): string {
  const shard = world.userShard[celebrity] ?? 0;
  return `/v1/me/collections/${world.ids('collection').text(collection, shard)}/posts`;
}
