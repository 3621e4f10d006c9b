import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { NarwhalClient, Refusal, type Session } from '../docs/examples/client.ts';
import type { Photo, Post } from './harness/contract.js';
import { signUp, type Person } from './harness/people.js';
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

const clientOf = (session: Session | null = ada.session, url = stack.url) =>
  new NarwhalClient(url, session, (next) => void kept.push(next));

test('goes on through tokens that expire, refreshing once for all requests', async () => {
  const client = clientOf({ ...ada.session, accessToken: 'k1.notAToken' });
  const people = await Promise.all(Array.from({ length: 5 }, () => client.call<{ id: string }>('/v1/me')));
  expect(people.map(({ id }) => id)).toEqual(Array.from({ length: 5 }, () => ada.id));
  expect(kept).toHaveLength(1);
});

test('signs out when its session was ended, and says so', async () => {
  const client = clientOf();
  await ada.request('delete', '/v1/sessions/current').expect(204);
  const fault = await client.call('/v1/me').catch((reason: unknown) => reason);
  expect(fault).toBeInstanceOf(Refusal);
  expect(fault).toMatchObject({ status: 401, code: 'session_ended' });
  expect(kept).toEqual([null]);
});

test('uploads, posts and comments through a line that is cut', async () => {
  const { bytes } = await drawn({ seed: 7, width: 3000, height: 2000 });
  const client = clientOf(ada.session, line.url);
  // The cuts become rarer: however slow a request is on a busy machine, one gets through in the end.
  let pause = 40;
  const cut = (): void => {
    line.cut();
    pause *= 1.1;
    cutting = setTimeout(cut, pause);
  };
  let cutting = setTimeout(cut, pause);
  try {
    const id = await client.upload(new Blob([Uint8Array.from(bytes)]), { altText: 'Über den Wolken' });
    const post = await client.call<Post>('/v1/posts', { method: 'POST', json: { photoIds: [id] } });
    await stack.quiet();
    const comment = { method: 'POST', json: { text: 'Once' } };
    await client.call(`/v1/posts/${post.id}/comments`, comment);
    clearTimeout(cutting);
    const photo = await client.call<Photo>(`/v1/photos/${id}`);
    expect(photo).toMatchObject({ state: 'ready', altText: 'Über den Wolken', width: 3000 });
    const { items } = await client.call<{ items: Post[] }>('/v1/feed');
    expect(items).toMatchObject([{ id: post.id, state: 'published', counts: { comments: 1 } }]);
  } finally {
    clearTimeout(cutting);
  }
});

test('gives up at a refusal that no other try would mend', async () => {
  const fault = await clientOf()
    .call('/v1/posts', { method: 'POST', json: { photoIds: [] } })
    .catch((reason: unknown) => reason);
  expect(fault).toMatchObject({ status: 422, code: 'validation_failed' });
});

test('hears what happened while its stream was cut', async () => {
  const grace = await signUp(stack, `grace${round}`);
  const post = await ada.post([await ada.upload(await drawn({ seed: round, width: 400, height: 300 }))]);
  await stack.quiet();
  const end = new AbortController();
  const events = clientOf(ada.session, line.url).events(end.signal);
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
