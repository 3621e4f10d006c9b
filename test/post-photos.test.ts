import request from 'supertest';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { faults, moment, refused } from './harness/answers.js';
import { conforms } from './harness/conforms.js';
import type { Photo, Post } from './harness/contract.js';
import { signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { sharedStack } from './harness/shared-stack.js';
import type { Stack } from './harness/stack.js';

let stack: Stack;
let ada: Person;
let grace: Person;
let post: Post;
let ids: [string, string, string];
let seed = 5_300;

const uploaded = async () => ada.upload(await drawn({ width: 64, height: 64, seed: (seed += 1) }));
const change = (body: object, person = ada) => person.request('patch', `/v1/posts/${post.id}`, body);
const shown = ({ photos }: Post) => photos.map(({ id }: Photo) => id);

beforeAll(async () => {
  stack = await sharedStack();
  [ada, grace] = await Promise.all([signUp(stack, 'ada'), signUp(stack, 'grace')]);
  await grace.follow(ada);
});

beforeEach(async () => {
  post = await ada.post([await uploaded(), await uploaded(), await uploaded()], { caption: 'Three' });
  ids = shown(post) as typeof ids;
  await stack.quiet();
});

describe('a post’s photos', () => {
  test('are put into another order, which everybody sees', async () => {
    expect((await grace.feed({ limit: 1 })).items[0]).toMatchObject({ id: post.id, editedAt: null });
    const order = [ids[2], ids[0], ids[1]];
    const answer = await change({ photoIds: order }).expect(200);
    conforms('PATCH', `/v1/posts/${post.id}`, answer);
    expect(answer.body).toMatchObject({ caption: 'Three', editedAt: moment });
    expect(shown(answer.body as Post)).toEqual(order);
    await stack.quiet();
    const [first] = (await grace.feed({ limit: 1 })).items;
    expect(first && shown(first)).toEqual(order);
    expect(shown(await grace.see(post))).toEqual(order);
  });

  test('are left out, and those are deleted', async () => {
    const url = String(post.photos[1]?.renditions?.w320.url);
    await request(url).get('').expect(200);
    const kept = [ids[2], ids[0]];
    expect(shown((await change({ photoIds: kept }).expect(200)).body as Post)).toEqual(kept);
    refused(await ada.request('get', `/v1/photos/${ids[1]}`), 404, 'not_found');
    // As with every photo that its owner deleted, deleting it again is no fault.
    await ada.request('delete', `/v1/photos/${ids[1]}`).expect(204);
    await stack.quiet();
    await request(url).get('').expect(404);
    await request(String(post.photos[2]?.renditions?.w320.url)).get('').expect(200);
    expect(shown(await grace.see(post))).toEqual(kept);
  });

  test('are as before when the same is sent again', async () => {
    const body = { photoIds: [ids[1], ids[0]] };
    const first = await change(body).expect(200);
    const again = await change(body).expect(200);
    expect(again.body).toEqual(first.body);
  });

  test('end in one of two orders that are sent at once', async () => {
    const orders = [
      [ids[1], ids[2], ids[0]],
      [ids[2], ids[1], ids[0]],
    ];
    await Promise.all(orders.map((photoIds) => change({ photoIds }).expect(200)));
    expect(orders).toContainEqual(shown(await ada.see(post)));
  });

  test('stay as they are when one is not the post’s, is named twice, or none would be left', async () => {
    const other = await uploaded();
    for (const wrong of [other.id, '1', String(BigInt(ids[0]) ^ 512n)]) {
      const body = refused(await change({ photoIds: [ids[0], wrong] }), 422, 'photo_not_in_post');
      expect(body.params).toEqual({ photoId: wrong });
    }
    expect(faults(await change({ photoIds: [ids[0], ids[0]] }))).toEqual(['/photoIds duplicate']);
    expect(faults(await change({ photoIds: [] }))).toEqual(['/photoIds too_short']);
    expect(faults(await change({ photoIds: null }))).toEqual(['/photoIds wrong_type']);
    refused(await change({ photoIds: ids }, grace), 404, 'not_found');
    expect(await ada.see(post)).toMatchObject({ editedAt: null, photos: ids.map((id) => ({ id })) });
  });

  test('can be arranged once it is published', async () => {
    await stack.worker.stop();
    try {
      const sent = [await ada.send(await drawn({ width: 64, height: 64, seed: (seed += 1) }))];
      const waiting = await ada.post(sent);
      const photoIds = shown(waiting);
      const early = await ada.request('patch', `/v1/posts/${waiting.id}`, { photoIds });
      refused(early, 409, 'post_not_published');
      expect(early.headers['retry-after']).toBe('1');
    } finally {
      await stack.worker.start();
    }
  });
});
