import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { cable } from '../harness/cable.js';
import type { Post } from '../harness/contract.js';
import { Person, signIn, signUp, type Server } from '../harness/people.js';
import { drawn } from '../harness/pictures.js';
import { startStack, type Stack } from '../harness/stack.js';

let stack: Stack;
let round = 0;
let ada: Person;
let grace: Person;
let hedy: Person;
let linus: Person;
/** Ada's: a post to delete, and one whose photo gets a new description. */
let gone: Post;
let kept: Post;
let unposted: { id: string };

beforeAll(async () => {
  stack = await startStack({ api: 2 });
});
afterAll(() => stack.stop());

/** Everybody reads everything through both apis, so that Redis and both processes cache it; then the worker stops. */
beforeEach(async () => {
  round += 1;
  const named = (name: string) => signUp(stack, `${name}${round}`);
  [ada, grace, hedy, linus] = await Promise.all([
    named('ada'),
    named('grace'),
    named('hedy'),
    named('linus'),
  ]);
  const photo = async (seed: number) => ada.upload(await drawn({ seed, width: 320, height: 240 }));
  gone = await ada.post([await photo(round * 10)], { caption: 'Leaves soon' });
  kept = await ada.post([await photo(round * 10 + 1)], { caption: 'Stays' });
  unposted = await photo(round * 10 + 2);
  await grace.follow(ada);
  await hedy.follow(ada);
  await stack.folded();
  for (let read = 0; read < 3; read += 1) await everywhere();
  await stack.worker.stop();
});
afterEach(async () => {
  stack.redis.goOn();
  await stack.worker.stop();
  await Promise.all(stack.apis.map((api) => api.stop()));
  await stack.start();
});

const through = (server: Server, { user, session }: Person): Person => new Person(server, user, session);

const ids = ({ items }: { items: Post[] }): string[] => items.map(({ id }) => id);

/** The data that people see through one of the apis. */
async function seen(index: number, signedOut = linus) {
  const as = (person: Person) => through(stack.apis[index] ?? stack.api, person);
  const [stranger, post, feeds, session] = await Promise.all([
    as(linus).request('get', `/v1/posts/${gone.id}`),
    as(linus).see(kept),
    Promise.all([ada, grace, hedy].map((person) => as(person).feed())),
    as(signedOut).request('get', '/v1/me'),
  ]);
  return {
    deleted: stranger.status,
    altText: post.photos[0]?.altText,
    author: post.author.displayName,
    own: ids(feeds[0] ?? { items: [] }).length,
    unfollowed: ids(feeds[1] ?? { items: [] }).length,
    blocked: ids(feeds[2] ?? { items: [] }).length,
    signedOut: session.status,
  };
}

const everywhere = () => Promise.all([seen(0), seen(1)]);

const before = {
  deleted: 200,
  altText: null,
  author: null,
  own: 2,
  unfollowed: 2,
  blocked: 2,
  signedOut: 200,
};
/** One post was deleted, one was added. */
const after = {
  deleted: 404,
  altText: 'A whale',
  author: 'Countess',
  own: 2,
  unfollowed: 0,
  blocked: 0,
  signedOut: 401,
};

/** All writes of people through one api, while Redis does not answer it. */
async function change(server: Server, signedOut: Person): Promise<void> {
  const [author, follower, blocker] = [through(server, ada), through(server, grace), through(server, hedy)];
  await follower.unfollow(ada);
  await author.remove(gone);
  await blocker.request('put', `/v1/users/${ada.id}/block`).expect(200);
  await author.request('patch', '/v1/me', { displayName: 'Countess' }).expect(200);
  const photo = kept.photos[0]?.id ?? '';
  await author.request('patch', `/v1/photos/${photo}`, { altText: 'A whale' }).expect(200);
  await through(server, signedOut).request('delete', '/v1/sessions/current').expect(204);
  await author.post([unposted], { caption: 'While nobody answers' });
}

test.each([
  ['for a moment', 0],
  ['for 5 seconds', 5_000],
])('what is changed while Redis hangs %s is seen at once, without a worker', async (_, pause) => {
  const signedOut = await signIn(stack, linus.user.username);
  expect(await seen(0, signedOut)).toEqual(before);
  expect(await seen(1, signedOut)).toEqual(before);
  stack.redis.hang();
  await change(stack.api, signedOut);
  expect(await seen(0, signedOut), 'by who changed it, while Redis hangs').toEqual(after);
  await sleep(pause);
  stack.redis.goOn();
  expect(await seen(0, signedOut), 'by who changed it').toEqual(after);
  await expect.poll(() => seen(1, signedOut), { timeout: 10_000 }).toEqual(after);
  const read = await feedsFromRedis(0);
  const again = async () => {
    expect(await seen(0, signedOut), 'by who changed it, who reads Redis again').toEqual(after);
    return feedsFromRedis(0);
  };
  await expect.poll(again, { timeout: 10_000 }).toBeGreaterThan(read);
  expect(await seen(1, signedOut), 'by the other').toEqual(after);
});

/** How many feeds an api has served without PostgreSQL. */
async function feedsFromRedis(index: number): Promise<number> {
  const metrics = await (await fetch(stack.apis[index]?.metricsUrl ?? '')).text();
  return [...metrics.matchAll(/^narwhal_cache_reads_total\{([^}]*)\} (\d+)/gm)]
    .filter(([, labels = '']) => labels.includes('cache="feed"') && /from="(redis|near)"/.test(labels))
    .reduce((sum, [, , value]) => sum + Number(value), 0);
}

test.each(['is connected again, without a worker', 'is killed, and a worker is back'])(
  'what a process that is cut off from Redis had still to tell is seen by the others once it %s',
  async (then) => {
    const signedOut = await signIn(stack, linus.user.username);
    const line = await cable(stack.redis.url);
    const guest = await stack.guest({ REDIS_URL: line.url });
    try {
      expect(await seen(0, signedOut)).toEqual(before);
      line.cut();
      await change(guest, signedOut);
      if (then.startsWith('is killed')) {
        await guest.kill();
        await stack.worker.start();
        await stack.folded();
      } else {
        await line.mend();
      }
      await expect.poll(() => seen(0, signedOut), { timeout: 10_000 }).toEqual(after);
    } finally {
      await guest.stop();
      await line.close();
    }
  },
);
