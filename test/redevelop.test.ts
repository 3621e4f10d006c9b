import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Photo } from './harness/contract.js';
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

test('a ready photo gets other renditions at other addresses, and is served all the while', async () => {
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
    expect((await fetch(urlOf(photo))).status).toBe(200);
  }
  const me = await ada.request('get', '/v1/me').expect(200);
  expect((await fetch((me.body as { avatar: { w64: string } }).avatar.w64)).status).toBe(200);
  for (const folder of before) expect(existsSync(join(stack.objects, folder))).toBe(false);
  const verified = await storage(stack, {}, 'verify', '--originals');
  expect(verified.output).toContain('every row has its objects, and every object its row');
});

test('it goes on after it was killed, and makes each photo anew once', async () => {
  const sent = Array.from({ length: 30 }, async (_, index) => ada.upload(await picture(100 + index)));
  await Promise.all(sent);
  await stack.quiet();
  const before = await folders();
  await startStorage(stack, {}, 'redevelop', '--all').killAfter('making anew', 300);
  const { code, output } = await storage(stack, {}, 'redevelop', '--all');
  expect(output).toContain('goes on with what was begun');
  expect(code).toBe(0);
  await stack.quiet();
  const after = await folders();
  expect(after.filter((folder) => before.includes(folder))).toEqual([]);
  const [row] = await stack.database.query<{ trashed: number }>(
    'SELECT count(*)::int AS trashed FROM trash WHERE folder = ANY($1)',
    [before],
  );
  expect(row?.trashed).toBe(before.length);
  const [all] = await stack.database.query<{ trashed: number }>('SELECT count(*)::int AS trashed FROM trash');
  // Four of them by the test before.
  expect(all?.trashed).toBe(before.length + 4);
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
