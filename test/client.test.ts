import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { evening } from '../docs/examples/evening.ts';
import { dataOf, Narwhal, newKey, Refusal, type Session } from '../packages/client/src/index.ts';
import { PASSWORD, signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { sharedStack } from './harness/shared-stack.js';
import type { Stack } from './harness/stack.js';
import { Tunnel } from './harness/tunnel.js';

let stack: Stack;
let ada: Person;
let kept: (Session | null)[];
let line: Tunnel;
let round = 0;

beforeAll(async () => {
  stack = await sharedStack();
});

beforeEach(async () => {
  ada = await signUp(stack, `ada${++round}`);
  kept = [];
  line = await Tunnel.open([stack.url]);
});
afterEach(() => line.close());

const clientOf = (session: Partial<Session> | null = ada.session, url = stack.url) =>
  new Narwhal(url, { session: session as Session | null, keep: (next) => void kept.push(next) });

const photoOf = async (options: Parameters<typeof drawn>[0]) =>
  new Blob([Uint8Array.from((await drawn(options)).bytes)]);

const faultOf = (work: Promise<unknown>) => work.then(String, (reason: unknown) => reason);

test('signs up, signs in and out, and stores each session before it uses it', async () => {
  const client = clientOf(null);
  const password = 'Nine hares hop by night';
  const grace = await client.signUp({
    username: `grace_${newKey().slice(0, 8)}`,
    email: `${newKey()}@example.org`,
    password,
  });
  expect(kept).toEqual([client.session]);
  await client.signOut();
  expect(kept.at(-1)).toBeNull();
  expect(await faultOf(dataOf(client.api.GET('/v1/me')))).toMatchObject({ code: 'token_missing' });
  await client.signIn(grace.username, password);
  expect(await dataOf(client.api.GET('/v1/me'))).toMatchObject({ id: grace.id });
});

test('sends its last refresh token when it signs in again after its session was over', async () => {
  const login = ada.user.username;
  const sent: string[] = [];
  const client = new Narwhal(stack.url, {
    fetch: async (request) => {
      if (new URL(request.url).pathname === '/v1/sessions') sent.push(await request.clone().text());
      return fetch(request);
    },
  });
  await client.signIn(login, PASSWORD);
  const { refreshToken } = client.session ?? {};
  await client.signOut();
  await client.signIn(login, PASSWORD);
  const body = { login, password: PASSWORD };
  expect(sent.map((text): unknown => JSON.parse(text))).toEqual([body, { ...body, refreshToken }]);
});

test('goes on through tokens that expire, refreshing once for all requests', async () => {
  const client = clientOf({ ...ada.session, accessToken: 'k1.notAToken' });
  const people = await Promise.all(Array.from({ length: 5 }, () => dataOf(client.api.GET('/v1/me'))));
  expect(people.map(({ id }) => id)).toEqual(Array.from({ length: 5 }, () => ada.id));
  expect(kept).toHaveLength(1);
});

test('signs out when its session was ended, and says so', async () => {
  const client = clientOf();
  await ada.request('delete', '/v1/sessions/current').expect(204);
  const fault = await faultOf(dataOf(client.api.GET('/v1/me')));
  expect(fault).toBeInstanceOf(Refusal);
  expect(fault).toMatchObject({ status: 401, code: 'session_ended' });
  expect(kept).toEqual([null]);
});

test('uploads, posts and comments through a line that is cut', async () => {
  const photo = await photoOf({ seed: 7, width: 3000, height: 2000 });
  const client = clientOf(ada.session, line.url);
  await line.cutDuring(async () => {
    const { id } = await client.upload(photo, { altText: 'Über den Wolken' }).done;
    const post = await dataOf(client.api.POST('/v1/posts', { body: { photoIds: [id] } }));
    await stack.quiet();
    const at = { params: { path: { id: post.id } } };
    await dataOf(client.api.POST('/v1/posts/{id}/comments', { ...at, body: { text: 'Once' } }));
    const made = await dataOf(client.api.GET('/v1/photos/{id}', { params: { path: { id } } }));
    expect(made).toMatchObject({ state: 'ready', altText: 'Über den Wolken', width: 3000 });
    const { items } = await dataOf(client.api.GET('/v1/feed'));
    expect(items).toMatchObject([{ id: post.id, state: 'published', counts: { comments: 1 } }]);
  });
});

test('pauses an upload, and goes on with its address in another start of the app', async () => {
  const photo = await photoOf({ seed: 8, width: 3000, height: 2000 });
  const upload = await new Promise<string>((resolve) => {
    const paused = clientOf().upload(photo, { remember: resolve });
    paused.pause();
    void paused.done;
  });
  const told: number[] = [];
  const resumed = clientOf().upload(photo, { address: upload, onProgress: (sent) => told.push(sent) });
  resumed.pause();
  resumed.resume();
  expect(await resumed.done).toMatchObject({ altText: null });
  expect(told.at(-1)).toBe(photo.size);
});

test('gives an upload up', async () => {
  const photo = await photoOf({ seed: 9, width: 3000, height: 2000 });
  let address = '';
  const upload = clientOf().upload(photo, { remember: (given) => (address = given) });
  upload.pause();
  const fault = faultOf(upload.done);
  await expect.poll(() => address).not.toBe('');
  await upload.cancel();
  expect(await fault).toMatchObject({ message: 'The upload was cancelled' });
  await expect
    .poll(
      async () => (await fetch(address, { method: 'HEAD', headers: { 'tus-resumable': '1.0.0' } })).status,
    )
    .toBeGreaterThan(399);
});

test('sends a small photo in one request', async () => {
  const photo = await clientOf().upload(await photoOf({ seed: 10, width: 300, height: 200 }), {
    altText: 'Small',
  }).done;
  expect(photo).toMatchObject({ altText: 'Small' });
});

test('gives up at a refusal that no other try would mend', async () => {
  const fault = await faultOf(dataOf(clientOf().api.POST('/v1/posts', { body: { photoIds: [] } })));
  expect(fault).toMatchObject({ status: 422, code: 'validation_failed' });
});

test('sends a request once, however often it is sent under its key', async () => {
  const client = clientOf();
  const { id } = await client.upload(await photoOf({ seed: 11, width: 300, height: 200 })).done;
  const key = newKey();
  const send = () =>
    dataOf(
      client.api.POST('/v1/posts', {
        body: { photoIds: [id] },
        params: { header: { 'Idempotency-Key': key } },
      }),
    );
  const posts = await Promise.all([send(), send()]);
  posts.push(await send());
  expect(new Set(posts.map((post) => post.id)).size).toBe(1);
});

test('reads a list to its end, and what is newer upwards', async () => {
  const client = clientOf();
  let seed = 12;
  const post = async (caption: string) => {
    const { id } = await client.upload(await photoOf({ seed: seed++, width: 300, height: 200 })).done;
    return (await dataOf(client.api.POST('/v1/posts', { body: { photoIds: [id], caption } }))).id;
  };
  const ids: string[] = [];
  for (const caption of ['1', '2', '3', '4', '5']) ids.unshift(await post(caption));
  await stack.quiet();
  const at = { path: { id: ada.id }, query: { limit: 2 } };
  const read: string[] = [];
  for await (const { id: one } of client.items('/v1/users/{id}/posts', at)) read.push(one);
  expect(read).toEqual(ids);
  const cells: number[] = [];
  const grid = { ...at, query: { view: 'grid' as const } };
  for await (const { photoCount } of client.items('/v1/users/{id}/posts', grid)) cells.push(photoCount);
  expect(cells).toEqual([1, 1, 1, 1, 1]);

  const pages = client.pages('/v1/users/{id}/posts', { ...at, query: { limit: 5 } });
  const { value: first } = await pages.next();
  for (const caption of ['6', '7', '8']) ids.unshift(await post(caption));
  await stack.quiet();
  const above = first?.prevCursor ?? '';
  const newer: string[][] = [];
  for await (const page of client.pages('/v1/users/{id}/posts', { ...at, above })) {
    newer.unshift(page.items.map(({ id: one }) => one));
  }
  expect(newer.flat()).toEqual(ids.slice(0, 3));
});

test('hears what happened while its stream was cut', async () => {
  const grace = await signUp(stack, `grace${round}`);
  const post = await ada.post([await ada.upload(await drawn({ seed: round, width: 400, height: 300 }))]);
  await stack.quiet();
  const end = new AbortController();
  const events = clientOf(ada.session, line.url).events({ signal: end.signal });
  const told: unknown[] = [];
  const listening = (async () => {
    for await (const { event, data } of events) {
      if (event !== 'notification') continue;
      told.push(data);
      if (told.length === 1) {
        line.cut();
        await grace.comment(post, 'While you were away');
        await stack.quiet();
      } else end.abort();
    }
  })();
  await grace.like(post);
  await listening;
  expect(told).toMatchObject([{ type: 'like' }, { type: 'comment' }]);
});

test('docs/examples/evening.ts runs as it stands', async () => {
  const lines: string[] = [];
  const store = { session: null };
  await evening(stack.url, store, await photoOf({ seed: 30, width: 3000, height: 2000 }), (text) =>
    lines.push(text),
  );
  expect(store.session).not.toBeNull();
  expect(lines).toContain('100 % sent');
  expect(lines.some((text) => text.startsWith('photo '))).toBe(true);
  expect(lines.slice(-2)).toEqual([expect.stringMatching(/^ada_\w+: Wrapped in #fog$/), 'deleted']);
});
