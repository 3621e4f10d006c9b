import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Page, Post } from '../harness/contract.js';
import { importOf } from '../harness/imports.js';
import { patient } from '../harness/pace.js';
import { signUp, type Person } from '../harness/people.js';
import { drawn } from '../harness/pictures.js';
import { startStack, type Stack } from '../harness/stack.js';
import { zipOf } from '../harness/zip.js';

vi.setConfig({ testTimeout: patient(600_000) });

interface Import {
  state: string;
  progress: number;
  report: { posts: number; photos: number; leftOut: object[] };
}

const POSTS = 1_000;
/** Per cent at which the worker is killed. */
const KILLS = [15, 40, 85];

let stack: Stack;
let ada: Person;

beforeAll(async () => {
  stack = await startStack({ env: { QUOTA_PHOTOS_PER_DAY: '2000' } });
  ada = await signUp(stack, 'ada');
});
afterAll(() => stack.stop());

/** As Instagram makes it, a photo and a day a post. */
async function instagrams(): Promise<Buffer> {
  const files: Record<string, Buffer | object> = {};
  const nths = Array.from({ length: POSTS }, (_, nth) => nth);
  for (const nth of nths)
    files[`media/posts/${nth}.jpg`] = (await drawn({ seed: 1_000 + nth, width: 48, height: 36 })).bytes;
  files['your_instagram_activity/media/posts_1.json'] = nths.map((nth) => ({
    media: [
      {
        uri: `media/posts/${nth}.jpg`,
        creation_timestamp: 1_400_000_000 + nth * 86_400,
        title: `Fog ${nth}`,
      },
    ],
  }));
  return zipOf(files);
}

/** Kills the worker over it now and then. */
async function imported(zip: Buffer): Promise<Import> {
  const { id } = await importOf(stack, ada, zip);
  const left = [...KILLS];
  for (;;) {
    const now = (await ada.request('get', `/v1/me/imports/${id}`).expect(200)).body as Import;
    if (now.state === 'ready' || now.state === 'failed') return now;
    if (now.progress >= (left[0] ?? Infinity)) {
      left.shift();
      await stack.worker.kill();
      await stack.worker.start();
    }
    await sleep(100);
  }
}

async function postsOf(): Promise<Post[]> {
  const posts: Post[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const path = `/v1/users/${ada.id}/posts?limit=50${cursor && `&cursor=${cursor}`}`;
    const { items, nextCursor } = (await ada.request('get', path).expect(200)).body as Page<Post>;
    posts.push(...items);
    cursor = nextCursor;
  }
  return posts;
}

test('a thousand posts of Instagram are each there once, however often the worker is killed', async () => {
  expect(await imported(await instagrams())).toMatchObject({
    state: 'ready',
    report: { posts: POSTS, photos: POSTS, leftOut: [] },
  });
  const posts = await postsOf();
  const newestFirst = Array.from({ length: POSTS }, (_, nth) => `Fog ${POSTS - 1 - nth}`);
  expect(posts.map(({ caption }) => caption)).toEqual(newestFirst);
  expect(posts.filter(({ photos }) => photos[0]?.state !== 'ready')).toEqual([]);
});
