import { setTimeout as sleep } from 'node:timers/promises';
import request from 'supertest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { refused } from './harness/answers.js';
import type { Post as KnownPost } from './harness/contract.js';
import { asked, ready } from './harness/exports.js';
import { IMPORT, uploadIdOf } from './harness/imports.js';
import { patient } from './harness/pace.js';
import { signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { startStack, type Stack } from './harness/stack.js';
import { base64, create, Raw } from './harness/tus.js';
import { zipOf } from './harness/zip.js';

type Post = KnownPost & { takenAt: string | null; captionEntities: object[] };

interface Import {
  id: string;
  state: string;
  progress: number;
  waitingFor: string | null;
  failure: string | null;
  report: { posts: number; photos: number; leftOut: { code: string; count: number; names: string[] }[] };
}

/** An import uses four fifths of them. */
const PHOTOS_A_DAY = 30;

let stack: Stack;
let ada: Person;
let grace: Person;
let eve: Person;

beforeAll(async () => {
  stack = await startStack({ env: { QUOTA_PHOTOS_PER_DAY: String(PHOTOS_A_DAY) } });
  [ada, grace, eve] = await Promise.all([signUp(stack, 'ada'), signUp(stack, 'grace'), signUp(stack, 'eve')]);
  await eve.follow(grace.user);
});
afterAll(() => stack.stop());

/** The upload's id. */
async function uploaded(person: Person, zip: Buffer): Promise<string> {
  const upload = await Raw.begin(stack, person, zip.length, IMPORT);
  const half = Math.floor(zip.length / 2);
  await upload.patch(0, zip.subarray(0, half)).expect(204);
  refused(
    await person.request('post', '/v1/me/imports', { uploadId: uploadIdOf(upload) }),
    409,
    'upload_not_arrived',
  );
  await upload.patch(half, zip.subarray(half)).expect(204);
  return uploadIdOf(upload);
}
const begin = async (person: Person, uploadId: string) =>
  (await person.request('post', '/v1/me/imports', { uploadId }).expect(202)).body as Import;
const shown = (person: Person, { id }: { id: string }) => read<Import>(person, `/v1/me/imports/${id}`);
async function until(person: Person, given: { id: string }, is: (now: Import) => boolean): Promise<Import> {
  for (const end = Date.now() + patient(60_000); Date.now() < end; await sleep(100)) {
    const now = await shown(person, given);
    if (is(now)) return now;
  }
  throw new Error(`expected another state of the import: ${JSON.stringify(await shown(person, given))}`);
}
const over = ({ state }: Import) => state === 'ready' || state === 'failed';
const read = async <Answer>(person: Person, path: string) =>
  (await person.request('get', path).expect(200)).body as Answer;
const postsOf = async (person: Person, viewer = person) =>
  (await read<{ items: Post[] }>(viewer, `/v1/users/${person.user.id}/posts?limit=50`)).items;

test('an export of one account is imported into another, by its dates, and nobody is told', async () => {
  const [first, second] = await Promise.all([drawn({ seed: 71 }), drawn({ seed: 72 })]);
  await ada.post([await ada.upload(first, { altText: 'Fog' })], {
    caption: `Early #fog @${eve.user.username}`,
  });
  await ada.post([await ada.upload(second)], { caption: 'Late', sensitive: true });
  const own = await grace.post([await grace.upload(await drawn({ seed: 73 }))], { caption: 'Own' });
  const made = await ready(ada, await asked(ada));
  const { pathname, search } = new URL(made.url);
  const zip = await request(stack.url)
    .get(pathname + search)
    .buffer(true)
    .parse((response, done) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => done(null, Buffer.concat(chunks)));
    });
  await stack.quiet();
  const feed = await read<{ items: Post[] }>(eve, '/v1/feed');
  const told = await read<{ items: unknown[] }>(eve, '/v1/notifications');

  const uploadId = await uploaded(grace, zip.body as Buffer);
  refused(await create(grace, 1_000, IMPORT), 422, 'quota_exceeded');
  refused(await eve.request('post', '/v1/me/imports', { uploadId }), 404, 'not_found');
  const begun = await begin(grace, uploadId);
  expect(await begin(grace, uploadId)).toMatchObject({ id: begun.id });
  refused(await eve.request('get', `/v1/me/imports/${begun.id}`), 404, 'not_found');
  refused(await grace.request('get', `/v1/me/exports/${begun.id}`), 404, 'not_found');
  const end = await until(grace, begun, over);
  expect(end).toMatchObject({ state: 'ready', progress: 100, report: { posts: 2, photos: 2, leftOut: [] } });
  await stack.quiet();

  const [newest, late, early] = await postsOf(grace, eve);
  expect(newest).toMatchObject({ id: own.id, takenAt: null });
  expect(late).toMatchObject({ caption: 'Late', sensitive: true });
  expect(early).toMatchObject({ caption: `Early #fog @${eve.user.username}`, photos: [{ altText: 'Fog' }] });
  expect(early?.captionEntities).toMatchObject([{ type: 'hashtag' }]);
  expect(Date.parse(late?.takenAt ?? '')).toBeGreaterThan(Date.parse(early?.takenAt ?? ''));
  expect((await read<{ items: Post[] }>(eve, '/v1/feed')).items.map(({ id }) => id)).toEqual(
    feed.items.map(({ id }) => id),
  );
  expect((await read<typeof told>(eve, '/v1/notifications')).items).toEqual(told.items);
  const tagged = await read<{ items: Post[] }>(eve, '/v1/tags/fog/posts');
  expect(tagged.items.map(({ author }) => author.id)).toEqual([ada.user.id]);
  if (early) await eve.like(early);
  await stack.folded();
  const explored = await read<{ items: Post[] }>(ada, '/v1/explore');
  expect(explored.items.map(({ id }) => id)).not.toContain(early?.id);
  expect((await read<{ items: Post[] }>(eve, '/v1/me/liked')).items[0]?.id).toBe(early?.id);

  // A feed that is made anew leaves them out, too, and so does one of the author's own.
  await stack.database.query('UPDATE redis_epoch SET epoch = epoch + 1');
  await sleep(patient(2_500));
  for (const reader of [eve, grace])
    expect((await read<{ items: Post[] }>(reader, '/v1/feed')).items.map(({ id }) => id)).not.toContain(
      late?.id,
    );

  const again = await until(grace, await begin(grace, await uploaded(grace, zip.body as Buffer)), over);
  expect(again.report).toMatchObject({ posts: 0, leftOut: [{ code: 'double', count: 2 }] });
  expect(await postsOf(grace)).toHaveLength(3);
});

test('an import of Instagram survives its worker, waits for quota, and pages by date', async () => {
  const files: Record<string, Buffer | object> = {};
  const posts = Array.from({ length: 28 }, (_, nth) => ({
    media: [
      { uri: `media/posts/${nth}.jpg`, creation_timestamp: 1_400_000_000 + nth * 1000, title: `Post ${nth}` },
    ],
  }));
  for (const [nth] of posts.entries())
    files[`media/posts/${nth}.jpg`] = (await drawn({ seed: 100 + nth, width: 64, height: 48 })).bytes;
  files['media/posts/3.jpg'] = Buffer.from('no picture');
  files['media/posts/4.jpg'] = (files['media/posts/4.jpg'] as Buffer).subarray(0, 400);
  files['your_instagram_activity/media/posts_1.json'] = posts;
  const begun = await begin(eve, await uploaded(eve, await zipOf(files)));
  await until(eve, begun, ({ report }) => report.posts > 2);
  await stack.worker.kill();
  await stack.worker.start();
  const waiting = await until(eve, begun, ({ waitingFor }) => waitingFor !== null);
  expect(waiting).toMatchObject({ state: 'waiting', waitingFor: 'quota' });
  // Its owner can still upload, and does so.
  await eve.upload(await drawn({ seed: 99 }));
  await stack.database.query('UPDATE photo_usage SET photos = 0');
  await stack.database.query('UPDATE transfers SET next_try_at = now()');
  const end = await until(eve, begun, over);
  expect(end).toMatchObject({ state: 'ready', report: { posts: 26, photos: 26 } });
  expect(end.report.leftOut.map(({ code, names }) => [code, names])).toEqual([
    ['not_a_photo', ['media/posts/3.jpg']],
    ['photo_damaged', ['media/posts/4.jpg']],
  ]);
  expect((await read<{ counts: { posts: number } }>(eve, '/v1/me')).counts.posts).toBe(26);

  const seen: string[] = [];
  for (let cursor = ''; ;) {
    const path = `/v1/users/${eve.user.id}/posts?limit=7${cursor && `&cursor=${cursor}`}`;
    const page = await read<{ items: Post[]; nextCursor: string | null; prevCursor: string | null }>(
      grace,
      path,
    );
    seen.push(...page.items.map(({ caption }) => caption ?? ''));
    if (page.nextCursor === null) break;
    cursor = page.nextCursor;
  }
  const expected = posts.map(({ media }) => media[0]?.title).filter((_, nth) => nth !== 3 && nth !== 4);
  expect(seen).toEqual(expected.toReversed());
});

test('a zip that is none is refused at its first bytes, and one of anything when it is read', async () => {
  const upload = await Raw.begin(stack, ada, 5_000, IMPORT);
  refused(await upload.patch(0, Buffer.alloc(5_000, 'x')), 415, 'unsupported_media_type');
  const begun = await begin(ada, await uploaded(ada, await zipOf({ 'a.txt': Buffer.alloc(3_000, 'a') })));
  expect(await until(ada, begun, over)).toMatchObject({ state: 'failed', failure: 'format_unknown' });
  refused(await create(ada, 1e13, IMPORT), 422, 'quota_exceeded');
  const wrong = { 'Upload-Metadata': `purpose ${base64('export')}` };
  refused(await create(ada, 1_000, wrong), 422, 'validation_failed');
});
