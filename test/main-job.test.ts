import { beforeAll, describe, expect, test, vi } from 'vitest';
import { signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { sharedStack } from './harness/shared-stack.js';
import type { Stack } from './harness/stack.js';
import { patient } from './harness/pace.js';

vi.setConfig({ testTimeout: patient(90_000) });

let stack: Stack;
let ada: Person;
let grace: Person;

beforeAll(async () => {
  stack = await sharedStack();
  [ada, grace] = await Promise.all([signUp(stack, 'ada'), signUp(stack, 'grace')]);
  await grace.follow(ada);
});

/** The ids on the newest page of a person's feed. */
async function feedOf(person: Person): Promise<string[]> {
  return (await person.feed()).items.map(({ id }) => id);
}

describe('a photo that is posted', () => {
  test('is developed, and seen by its author and by their followers', async () => {
    const photo = await ada.upload(await drawn({ seed: 1 }), { altText: 'A lighthouse' });
    expect(photo).toMatchObject({
      state: 'ready',
      width: 1600,
      height: 1200,
      altText: 'A lighthouse',
      rejection: null,
    });

    const post = await ada.post([photo], { caption: 'Wrapped in fog' });
    expect(post).toMatchObject({
      state: 'published',
      caption: 'Wrapped in fog',
      author: { username: 'ada' },
    });
    expect(await feedOf(ada)).toEqual([post.id]);
    await stack.quiet();
    expect(await feedOf(grace)).toEqual([post.id]);
  });

  test('shows its likes and comments, and takes them back', async () => {
    const [post] = (await grace.feed()).items;
    if (!post) throw new Error('expected a post in the feed but found none');
    expect(await grace.like(post)).toMatchObject({ liked: true, counts: { likes: 1 } });
    await grace.comment(post, 'Lovely');
    await stack.quiet();
    expect(await ada.see(post)).toMatchObject({ liked: false, counts: { likes: 1, comments: 1 } });
    await grace.unlike(post);
    await stack.quiet();
    expect(await ada.see(post)).toMatchObject({ counts: { likes: 0, comments: 1 } });
  });

  test('is published by the worker when its photos are not ready yet', async () => {
    const photo = await ada.send(await drawn({ seed: 2, width: 4000, height: 3000 }));
    const post = await ada.post([photo]);
    await stack.quiet();
    expect(await ada.see(post)).toMatchObject({ state: 'published' });
    expect((await feedOf(grace))[0]).toBe(post.id);
  });
});

describe('faults', () => {
  test('a worker that is killed in the middle of a photo loses nothing', async () => {
    const photos = await Promise.all(
      [3, 4, 5].map(async (seed) => ada.send(await drawn({ seed, width: 4000, height: 3000 }))),
    );
    const post = await ada.post(photos);
    await stack.worker.kill();
    await stack.worker.start();
    await stack.quiet(60_000);
    expect(await ada.see(post)).toMatchObject({ state: 'published' });
    expect((await feedOf(grace))[0]).toBe(post.id);
  });

  test('an emptied Redis loses nothing and signs nobody out', async () => {
    const before = await feedOf(grace);
    await stack.redis.flushall();
    expect(await feedOf(grace)).toEqual(before);
    const post = await ada.post([await ada.upload(await drawn({ seed: 6 }))]);
    await stack.redis.flushall();
    await stack.quiet();
    expect(await feedOf(grace)).toEqual([post.id, ...before]);
  });

  test('while Redis is away, PostgreSQL serves', async () => {
    const before = await feedOf(grace);
    await stack.redis.stop();
    expect(await feedOf(grace)).toEqual(before);
    await stack.redis.start();
    await stack.quiet();
    expect(await feedOf(grace)).toEqual(before);
  });

  test('while Redis is away, both applications still stop in order', async () => {
    await stack.redis.stop();
    const begun = Date.now();
    await Promise.all([stack.api.stop(), stack.worker.stop()]);
    expect(Date.now() - begun).toBeLessThan(10_000);
    expect(stack.worker.log()).toContain('the worker has stopped');
    await Promise.all([stack.redis.start(), stack.api.start(), stack.worker.start()]);
  });
});
