import { mixed, scattered, skewed } from './chance.ts';
import { placeOf, tagOf } from './names.ts';
import { hostileQueries, searchQuery } from './searches.ts';
import { hasSession, type Reader } from './people-fixtures.ts';
import { archivist, blocker, celebrity, forsaken, privatePerson, quarrel, requester } from './entities.ts';
import type { Dataset } from './dataset.ts';

/** One request of a list. */
export interface Case {
  who: string;
  reader: Reader;
  path: string;
}

export interface Scenario {
  /** The hardest cases of this list: their plans are checked. */
  hard: (dataset: Dataset) => Case[];
  /** Ordinary requests: the `n`th of those that are timed. */
  any: (dataset: Dataset, n: number) => Omit<Case, 'who'>;
}

/** A random person with a session. */
const anybody = (dataset: Dataset, n: number): number => mixed(n, 61) % (dataset.sessions - 50);

/** The person with the most follows, likes and comments, of those with a session who are visible. */
function busiest(dataset: Dataset): number {
  for (let rank = 0; ; rank += 1) {
    const user = scattered(rank, dataset.users);
    const seen = dataset.private[user] !== 1 && !dataset.apart(blocker, user);
    if (seen && hasSession(dataset, user)) return user;
  }
}

/** An ordinary person with a session, whom none of the hard cases blocked. */
function passerBy(dataset: Dataset): number {
  const special = [celebrity, blocker, archivist];
  for (let user = 50; ; user += 1) if (special.every((one) => !dataset.apart(user, one))) return user;
}

const one = (who: string, reader: Reader, path: string): Case => ({ who, reader, path });

/** A list of the caller's own, the same path for everybody. */
const own = (path: string, hard: (dataset: Dataset) => [who: string, reader: number][]): Scenario => ({
  hard: (dataset) => hard(dataset).map(([who, reader]) => one(who, reader, path)),
  any: (dataset, n) => ({ reader: anybody(dataset, n), path }),
});

const drawnUser = (dataset: Dataset, n: number): string => dataset.userId(skewed(dataset.users, 2, n, 62));
const drawnPost = (dataset: Dataset, n: number): string =>
  dataset.postId(dataset.popularPost(skewed(dataset.posts, 2, n, 63)));
/** The most popular post that everybody may see, even the people who block many. */
function topPost(dataset: Dataset): number {
  for (let rank = 0; ; rank += 1) {
    const post = dataset.popularPost(rank);
    if (dataset.counted(post) && !dataset.apart(blocker, dataset.author[post] ?? 0)) return post;
  }
}

const ofUser = (
  list: string,
  hard: (dataset: Dataset) => [who: string, reader: Reader, of: number][],
): Scenario => ({
  hard: (dataset) =>
    hard(dataset).map(([who, reader, of]) => one(who, reader, `/v1/users/${dataset.userId(of)}/${list}`)),
  any: (dataset, n) => ({ reader: anybody(dataset, n), path: `/v1/users/${drawnUser(dataset, n)}/${list}` }),
});

const belowPost = (list: string): Scenario => ({
  hard: (dataset) => {
    const top = dataset.postId(topPost(dataset));
    return [
      one('the most popular, without a token', null, `/v1/posts/${top}/${list}`),
      one('the most popular, by who blocks many', blocker, `/v1/posts/${top}/${list}`),
      one('many hidden by blocks', passerBy(dataset), `/v1/posts/${dataset.postId(quarrel)}/${list}`),
    ];
  },
  any: (dataset, n) => ({ reader: anybody(dataset, n), path: `/v1/posts/${drawnPost(dataset, n)}/${list}` }),
});

const orders = ['comments', 'comments?sort=oldest', 'comments?sort=newest', 'comments?sort=top'];

const comments: Scenario = {
  hard: (dataset) => orders.flatMap((list) => belowPost(list).hard(dataset)),
  any: (dataset, n) => belowPost(orders[n % orders.length] ?? '').any(dataset, n),
};

const repliesPath = (dataset: Dataset, comment: number): string =>
  `/v1/comments/${dataset.commentId(comment)}/replies`;

/** The comment below the most popular post with the most replies that everybody may see, of those that answer none or another. */
function mostAnswered(dataset: Dataset, isRoot: boolean): number {
  const post = topPost(dataset);
  let most = -1;
  for (let comment = 0; comment < dataset.comments; comment += 1) {
    if (dataset.commentPost(comment) !== post || (dataset.roots[comment] === comment) !== isRoot) continue;
    if (dataset.hidden(comment) || dataset.apart(blocker, dataset.commentAuthor(comment))) continue;
    if ((dataset.repliesOf[comment] ?? 0) > (dataset.repliesOf[most] ?? -1)) most = comment;
  }
  return most;
}

const replies: Scenario = {
  hard: (dataset) => {
    const root = repliesPath(dataset, mostAnswered(dataset, true));
    return [
      one('the longest thread, without a token', null, root),
      one('the longest thread, by who blocks many', blocker, root),
      one('a reply in it', null, repliesPath(dataset, mostAnswered(dataset, false))),
    ];
  },
  any: (dataset, n) => ({
    reader: anybody(dataset, n),
    path: repliesPath(dataset, mixed(n, 65) % dataset.comments),
  }),
};

const term = (kind: 'tags' | 'places', name: (number: number) => string): Scenario => {
  const path = (number: number) => `/v1/${kind}/${encodeURIComponent(name(number))}/posts`;
  return {
    hard: () => [one('the most used', null, path(0)), one('by who blocks many', blocker, path(0))],
    any: (dataset, n) => ({
      reader: anybody(dataset, n),
      path: path(skewed(kind === 'tags' ? dataset.tags : dataset.places, 2, n, 64)),
    }),
  };
};

const search: Scenario = {
  hard: (dataset) =>
    hostileQueries.flatMap(({ who, q, types }) =>
      types.map((type) =>
        one(`${type}: ${who}`, busiest(dataset), `/v1/search?type=${type}&q=${encodeURIComponent(q)}`),
      ),
    ),
  any: (dataset, n) => ({ reader: anybody(dataset, n), path: searchQuery(n) }),
};

/** By the paths of openapi.json. A missing list fails the run. */
export const scenarios: Record<string, Scenario> = {
  '/admin/registrations': {
    hard: () => [one('as many wait as there are people', blocker, '/admin/registrations')],
    any: () => ({ reader: blocker, path: '/admin/registrations' }),
  },
  '/v1/feed': own('/v1/feed', (dataset) => [
    ['follows most', busiest(dataset)],
    ['the celebrity', celebrity],
    ['blocks many', blocker],
  ]),
  '/v1/comments/{id}/replies': replies,
  '/v1/explore': own('/v1/explore', (dataset) => [
    ['follows most', busiest(dataset)],
    ['blocks many', blocker],
  ]),
  '/v1/follow-requests': own('/v1/follow-requests', () => [['asked by very many', privatePerson]]),
  '/v1/identity-providers': {
    hard: () => [one('of the settings alone', null, '/v1/identity-providers')],
    any: () => ({ reader: null, path: '/v1/identity-providers' }),
  },
  '/v1/invitations': own('/v1/invitations', () => [['made most', celebrity]]),
  '/v1/me/archived': own('/v1/me/archived', () => [
    ['archived most', archivist],
    ['archived little of much', celebrity],
  ]),
  '/v1/me/blocked': own('/v1/me/blocked', () => [['blocks many', blocker]]),
  '/v1/me/collections': own('/v1/me/collections', () => [['has fifty, one of them large', celebrity]]),
  '/v1/me/collections/{id}/posts': {
    hard: (dataset) => [one('a large one', celebrity, collectionPath(dataset, 0))],
    any: (dataset, n) => ({ reader: celebrity, path: collectionPath(dataset, n % 50) }),
  },
  '/v1/me/identities': own('/v1/me/identities', () => [['has none, as most', celebrity]]),
  '/v1/me/liked': own('/v1/me/liked', (dataset) => [['likes most', busiest(dataset)]]),
  '/v1/me/muted': own('/v1/me/muted', () => [['mutes many', blocker]]),
  '/v1/me/passkeys': own('/v1/me/passkeys', () => [['has none, as most', celebrity]]),
  '/v1/me/saved': own('/v1/me/saved', () => [['saved most', celebrity]]),
  '/v1/me/security-events': own('/v1/me/security-events', () => [['was at the most', celebrity]]),
  '/v1/notifications': own('/v1/notifications', () => [
    ['the celebrity', celebrity],
    ['nearly all taken back', forsaken],
  ]),
  '/v1/places/{place}/posts': term('places', placeOf),
  '/v1/posts/{id}/comments': comments,
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
  '/v1/users/{id}/following': ofUser('following', (dataset) => [
    ['of who follows most', blocker, busiest(dataset)],
    ['asked very many', requester, requester],
  ]),
  '/v1/users/{id}/posts': ofUser('posts', (dataset) => [
    ['the celebrity’s, without a token', null, celebrity],
    ['the celebrity’s, by who blocks many', blocker, celebrity],
    ['nearly all archived', passerBy(dataset), archivist],
  ]),
};

function collectionPath(dataset: Dataset, collection: number): string {
  const shard = dataset.userShard[celebrity] ?? 0;
  return `/v1/me/collections/${dataset.ids('collection').text(collection, shard)}/posts`;
}
