import { setTimeout as sleep } from 'node:timers/promises';
import request from 'supertest';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Post } from './harness/contract.js';
import { signIn, signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { sharedStack } from './harness/shared-stack.js';
import type { Stack } from './harness/stack.js';
import { StreamClient } from './harness/stream-client.js';
import { patient } from './harness/pace.js';

vi.setConfig({ testTimeout: patient(60_000) });

let stack: Stack;
let round = 0;
let ada: Person;
let grace: Person;
let post: Post;
const open: StreamClient[] = [];

beforeAll(async () => {
  stack = await sharedStack();
});

beforeEach(async () => {
  round += 1;
  [ada, grace] = await Promise.all([signUp(stack, `ada${round}`), signUp(stack, `grace${round}`)]);
  post = await ada.post([await ada.upload(await drawn({ seed: round, width: 400, height: 300 }))]);
  await stack.quiet();
});
afterEach(() => {
  for (const client of open.splice(0)) client.close();
});

/** The second api: requests go to the first, so that every event crosses processes. */
const other = (): string => stack.apis[1]?.url ?? '';

async function listen(
  person: Person,
  options: Parameters<typeof StreamClient.open>[1] = {},
): Promise<StreamClient> {
  const client = await StreamClient.open(person, { url: other(), ...options });
  open.push(client);
  return client;
}

/** The number of clients that the second api counts. */
const connected = async (): Promise<string | undefined> => {
  const metrics = await (await fetch(stack.apis[1]?.metricsUrl ?? '')).text();
  return /^narwhal_streams(?:\{\S*\})? (\d+)$/m.exec(metrics)?.[1];
};

describe('a stream', () => {
  test('is for those who are signed in, by header alone, and is not kept back by proxies', async () => {
    await request(stack.url).get('/v1/stream').expect(401);
    await request(stack.url).get(`/v1/stream?access_token=${ada.session.accessToken}`).expect(401);
    const client = await listen(ada);
    expect(client.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(client.headers.get('x-accel-buffering')).toBe('no');
    expect(client.headers.get('access-control-allow-origin')).toBe('*');
    expect(client.headers.get('x-request-id')).toBeTruthy();
  });

  test('tells of notifications as the list shows them, also when they are taken back', async () => {
    const client = await listen(ada);
    await grace.like(post);
    const told = await client.untilTold('notification');
    const list = await ada.request('get', '/v1/notifications').expect(200);
    expect(told.data).toEqual((list.body as { items: unknown[] }).items[0]);
    expect(told.id).toBe(told.data['id']);
    await grace.unlike(post);
    const gone = await client.untilTold('notification', 2);
    expect(gone.data).toMatchObject({ group: `like:${post.id}`, count: 0 });
  });

  test('tells of photos and posts that settle, and of nobody else’s', async () => {
    const [client, stranger] = [await listen(ada), await listen(grace)];
    const photo = await ada.send(await drawn({ seed: 100 + round, width: 2000, height: 1500 }));
    const publishing = await ada.post([photo]);
    expect((await client.untilTold('photo')).data).toEqual({ id: photo.id, state: 'ready' });
    expect((await client.untilTold('post')).data).toEqual({ id: publishing.id, state: 'published' });
    await stack.quiet();
    expect(stranger.events).toEqual([]);
  });

  test('tells followers that their feed has something new, at most once a second', async () => {
    await grace.follow(ada);
    await stack.quiet();
    const [follower, stranger] = [await listen(grace), await listen(await signUp(stack, `alan${round}`))];
    const photos = await Promise.all(
      [1, 2, 3, 4].map(async (n) =>
        ada.upload(await drawn({ seed: round * 10 + n, width: 300, height: 200 })),
      ),
    );
    const begun = Date.now();
    await Promise.all(photos.map((photo) => ada.post([photo])));
    await follower.untilTold('feed');
    await stack.quiet();
    await sleep(1_200);
    expect(follower.of('feed').length).toBeLessThanOrEqual(Math.ceil((Date.now() - begun) / 1_000));
    expect(stranger.events).toEqual([]);
  });
});

describe('resuming', () => {
  test('makes up for what was missed, each once and in order', async () => {
    const client = await listen(ada);
    await grace.like(post);
    await client.untilTold('notification');
    client.close();
    await grace.follow(ada);
    await stack.quiet();
    await grace.comment(post, 'Lovely');
    await stack.quiet();
    const again = await listen(ada, { lastId: client.lastId });
    await again.untilTold('feed');
    expect(again.of('notification').map(({ data }) => data['type'])).toEqual(['follow', 'comment']);
    const third = await listen(ada, { lastId: again.lastId, url: stack.url });
    await third.untilTold('feed');
    expect(third.of('notification')).toEqual([]);
    await grace.unlike(post);
    await third.untilTold('notification');
  });

  test('from before anything happened works, and from nowhere says to read again', async () => {
    const client = await listen(ada);
    expect(client.lastId).toBe('0');
    client.close();
    await grace.like(post);
    await stack.quiet();
    const again = await listen(ada, { lastId: '0' });
    await again.untilTold('notification');
    expect((await listen(ada, { lastId: 'yesterday' })).of('reset')).toHaveLength(1);
  });

  test('after more than a stream makes up for says to read again', async () => {
    await stack.database.query(
      `INSERT INTO notifications (shard, user_id, group_key, id, type, actors, count, newest)
       SELECT shard_of($1::bigint), $1, 'accept:' || n, next_id(shard_of($1::bigint)), 'accept', ARRAY[$2::bigint], 1, 1
       FROM generate_series(1, 60) n`,
      [ada.id, grace.id],
    );
    const client = await listen(ada, { lastId: '0' });
    await client.untilTold('reset');
    expect(client.of('notification')).toEqual([]);
    expect((await listen(ada, { lastId: client.lastId })).of('reset')).toEqual([]);
  });
});

describe('the end of a stream', () => {
  test('comes with the end of its session, and of no other', async () => {
    const phone = await signIn(stack, ada.user.username);
    const [here, there] = [await listen(ada), await listen(phone)];
    await phone.request('delete', '/v1/sessions/current').expect(204);
    await there.until(() => there.ended);
    expect(here.ended).toBe(false);
    await ada.request('delete', `/v1/sessions/${ada.session.id}`).expect(204);
    await here.until(() => here.ended);
  });

  test('comes within a heartbeat also when nobody was told of it', async () => {
    const client = await listen(ada);
    await stack.database.query(`UPDATE sessions SET ended_at = now() WHERE id = $1`, [ada.session.id]);
    await client.until(() => client.ended, 25_000);
    expect(client.beats).toBeGreaterThan(0);
  });

  test('comes to the oldest when a person opens too many, over all processes', async () => {
    const clients: StreamClient[] = [];
    for (let n = 0; n < 6; n += 1)
      clients.push(await listen(ada, { url: n % 2 === 0 ? stack.url : other() }));
    await clients[0]?.until(() => clients[0]?.ended === true);
    expect(clients.slice(1).map(({ ended }) => ended)).toEqual([false, false, false, false, false]);
    expect(clients[0]?.retry).toBeGreaterThanOrEqual(60_000);
  });

  test('comes with a deploy: each is told when to come back, and the process ends in time', async () => {
    const clients = [await listen(ada), await listen(ada), await listen(grace)];
    const begun = Date.now();
    await stack.apis[1]?.kill('SIGTERM');
    expect(Date.now() - begun).toBeLessThan(patient(15_000));
    await stack.apis[1]?.start();
    for (const client of clients) {
      expect(client.ended).toBe(true);
      expect(client.retry).toBeGreaterThanOrEqual(1_000);
      expect(client.retry).toBeLessThan(5_000);
    }
    const again = await listen(ada, { lastId: clients[0]?.lastId ?? null });
    await grace.like(post);
    await again.untilTold('notification');
  });

  test('that its client left holds up no process', async () => {
    const client = await listen(ada);
    client.close();
    await expect.poll(connected, { timeout: patient(10_000) }).toBe('0');
    const begun = Date.now();
    await stack.apis[1]?.kill('SIGTERM');
    expect(Date.now() - begun).toBeLessThan(patient(10_000));
    await stack.apis[1]?.start();
  });
});

describe('while Redis is away', () => {
  test('streams stay; when it is back they are told to read again, and hear as before', async () => {
    const client = await listen(ada);
    await stack.redis.stop();
    await grace.like(post);
    await stack.redis.start();
    await client.until(() => client.of('reset').length > 0, 20_000);
    expect(client.ended).toBe(false);
    await stack.quiet();
    await grace.follow(ada);
    await client.until(() => client.of('notification').some(({ data }) => data['type'] === 'follow'), 20_000);
  });
});
