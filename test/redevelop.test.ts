import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Photo } from './harness/contract.js';
import { patient } from './harness/pace.js';
import { signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { startStack, type Stack } from './harness/stack.js';
import { startStorage, storage } from './harness/storage-command.js';

let stack: Stack;
let ada: Person;

beforeAll(async () => {
  stack = await startStack({ worker: 2 });
  ada = await signUp(stack, 'ada');
});
afterAll(() => stack?.stop());

const picture = (seed: number) => drawn({ width: 320, height: 240, seed });
const urlOf = (photo: Photo): string => photo.renditions?.w320.url ?? '';

async function folders(): Promise<string[]> {
  const rows = await stack.database.query<{ folder: string }>('SELECT folder FROM photos ORDER BY id');
  return rows.map(({ folder }) => folder);
}

const statusOf = async (photo: Photo): Promise<number> => (await fetch(urlOf(photo))).status;

async function trashed(): Promise<number> {
  const rows = await stack.database.query('SELECT 1 FROM trash');
  return rows.length;
}

test('a ready photo gets other renditions at other addresses, and is served all the while, at those that were given out before, too', async () => {
  const photos = await Promise.all([31, 32, 33].map(async (seed) => ada.upload(await picture(seed))));
  const post = await ada.post(photos);
  const avatar = await ada.upload(await picture(34));
  await ada.request('put', '/v1/me/avatar', { photoId: avatar.id }).expect(200);
  await stack.quiet();
  const before = await folders();
  const seen = await ada.see(post);

  const { code, output } = await storage(stack, {}, 'redevelop', '--all');
  expect(output).toContain('making anew: done, 4 photos');
  expect(code).toBe(0);
  await stack.quiet();

  const after = await folders();
  expect(after.filter((folder) => before.includes(folder))).toEqual([]);
  const shown = await ada.see(post);
  expect(shown.photos.map(({ id }) => id)).toEqual(seen.photos.map(({ id }) => id));
  for (const photo of shown.photos) {
    expect(seen.photos.map(urlOf)).not.toContain(urlOf(photo));
    expect(await statusOf(photo)).toBe(200);
  }
  for (const photo of [...seen.photos, avatar]) expect(await statusOf(photo)).toBe(200);
  const me = await ada.request('get', '/v1/me').expect(200);
  expect((await fetch((me.body as { avatar: { w64: string } }).avatar.w64)).status).toBe(200);
  const verified = await storage(stack, {}, 'verify', '--originals');
  expect(verified.output).toContain('every row has its objects, and every object its row');

  await ada.request('delete', `/v1/posts/${post.id}`).expect(204);
  await stack.quiet();
  for (const photo of seen.photos) expect(await statusOf(photo)).toBe(404);
  expect(await statusOf(avatar)).toBe(200);
  const [row] = await stack.database.query<{ days: number }>(
    'SELECT trashed_on - current_date AS days FROM trash WHERE photo_id = $1',
    [avatar.id],
  );
  // URLs are valid for two days at most, the first of which has begun.
  expect(row?.days).toBe(3);
  await stack.database.query('UPDATE trash SET trashed_on = current_date');
  await stack.worker.restart();
  const left = () => before.filter((folder) => existsSync(join(stack.objects, folder)));
  await expect.poll(left, { timeout: patient(30_000) }).toEqual([]);
});

test('it goes on after it was killed, and makes each photo anew once', async () => {
  const sent = Array.from({ length: 30 }, async (_, index) => ada.upload(await picture(100 + index)));
  await Promise.all(sent);
  await stack.quiet();
  const before = await folders();
  const trashedBefore = await trashed();
  await startStorage(stack, {}, 'redevelop', '--all').killAfter('making anew', 300);
  const { code, output } = await storage(stack, {}, 'redevelop', '--all');
  expect(output).toContain('goes on with what was begun');
  expect(code).toBe(0);
  await stack.quiet();
  const after = await folders();
  expect(after.filter((folder) => before.includes(folder))).toEqual([]);
  expect((await trashed()) - trashedBefore).toBe(before.length);
});

test('rejected photos that are good become ready, and only those of an older pipeline are made anew', async () => {
  const photo = await ada.upload(await picture(300));
  await stack.quiet();
  await stack.database.query(
    `UPDATE photos SET state = 'rejected', rejection = 'photo_damaged', renditions = NULL WHERE id = $1`,
    [photo.id],
  );
  const before = await folders();
  const other = await storage(stack, {}, 'redevelop', '--rejected', 'too_complex');
  expect(other.output).toContain('making anew: done, 0 photos');
  const { output } = await storage(stack, {}, 'redevelop', '--rejected', 'photo_damaged');
  expect(output).toContain('making anew: done, 1 photos');
  const shown = await ada.request('get', `/v1/photos/${photo.id}`).expect(200);
  expect(shown.body).toMatchObject({ state: 'ready' });
  expect(await folders()).toEqual(before);

  await stack.database.query('UPDATE photos SET pipeline = 0 WHERE id = $1', [photo.id]);
  const older = await storage(stack, {}, 'redevelop', '--older');
  expect(older.output).toContain('making anew: done, 1 photos');
  const changed = (await folders()).filter((folder) => !before.includes(folder));
  expect(changed).toHaveLength(1);
  expect(readdirSync(join(stack.objects, changed[0] ?? '')).length).toBeGreaterThan(7);
});

test('a post that failed for a photo that becomes ready later stays failed, and the photo is posted again', async () => {
  await Promise.all(stack.workers.map((worker) => worker.kill()));
  const photo = await ada.send(await picture(400));
  const failed = await ada.post([photo]);
  await stack.database.query(
    `UPDATE photos SET state = 'rejected', rejection = 'photo_damaged', settled_at = now() WHERE id = $1`,
    [photo.id],
  );
  await Promise.all(stack.workers.map((worker) => worker.start()));
  await stack.quiet();
  expect(await ada.see(failed)).toMatchObject({ state: 'failed', failure: { photoId: photo.id } });

  await storage(stack, {}, 'redevelop', '--rejected', 'photo_damaged');
  expect(await ada.see(failed)).toMatchObject({
    state: 'failed',
    photos: [{ id: photo.id, state: 'ready' }],
  });
  expect(await ada.post([photo])).toMatchObject({ state: 'published' });
});
