import { readdirSync, renameSync, rmSync, utimesSync, writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Photo } from './harness/contract.js';
import { signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { startStack, type Stack } from './harness/stack.js';
import { storage } from './harness/storage-command.js';
import { photosOf, Raw } from './harness/tus.js';

let stack: Stack;
let ada: Person;
let photo: Photo;
let folder: string;

beforeAll(async () => {
  stack = await startStack();
  ada = await signUp(stack, 'ada');
  photo = await ada.upload(await drawn({ seed: 1, width: 640, height: 480 }));
  await ada.post([photo]);
  const avatar = await ada.upload(await drawn({ seed: 2, width: 640, height: 480 }));
  await ada.request('put', '/v1/me/avatar', { photoId: avatar.id }).expect(200);
  const gone = await ada.upload(await drawn({ seed: 3, width: 640, height: 480 }));
  await ada.request('delete', `/v1/photos/${gone.id}`).expect(204);
  const upload = await Raw.begin(stack, ada, 50_000);
  await upload.patch(0, (await drawn({ seed: 4 })).bytes.subarray(0, 20_000)).expect(204);
  await stack.quiet();
  folder = (await photosOf(stack, ada)).find(({ id }) => id === photo.id)?.folder ?? '';
});
afterAll(() => stack?.stop());

const verify = (...flags: string[]) => storage(stack, {}, 'verify', ...flags);
const path = (...parts: string[]) => join(stack.objects, ...parts);
const other = 'ab/00000000000000000000000000000f';

test('all is well: photos, the avatar, the trash, an upload on its way', async () => {
  const { code, output } = await verify('--originals');
  expect(output).toContain('2 photos, 1 uploads on their way, 17 objects, 8 in the trash');
  expect(output).toContain('every row has its objects, and every object its row');
  expect(code).toBe(0);
});

test('what is missing, cut short, altered or of nobody is named, each as it is', async () => {
  const original = path(folder, 'original');
  renameSync(path(folder, 'w320.webp'), path('elsewhere'));
  renameSync(original, `${original}.bak`);
  writeFileSync(original, 'short');
  mkdirSync(path(other), { recursive: true });
  writeFileSync(path(other, 'original'), 'nobody’s');
  writeFileSync(path(folder, 'w999.webp'), 'unknown');
  const { code, output } = await verify('--originals');
  expect(code).toBe(1);
  expect(output).toMatch(new RegExp(`missing +${folder}/w320.webp: photo ${photo.id} \\(ready\\) needs it`));
  expect(output).toMatch(new RegExp(`size +${folder}/original: photo ${photo.id}`));
  expect(output).toMatch(new RegExp(`altered +${folder}/original: photo ${photo.id}`));
  expect(output).toMatch(new RegExp(`orphan +${other}/original`));
  expect(output).toMatch(new RegExp(`orphan +${folder}/w999.webp`));
  expect(output).toMatch(/strange +elsewhere/);
  expect(output).toMatch(new RegExp(`orphan +${folder}/original.bak`));
  expect(output).toContain('6 problems');
  rmSync(original);
  renameSync(`${original}.bak`, original);
  renameSync(path('elsewhere'), path(folder, 'w320.webp'));
});

test('--fix trashes what has long been nobody’s, and brings back what a restored database needs', async () => {
  const day = '2020-01-01';
  // One is old; the other was written a moment ago and may belong to an upload in progress.
  utimesSync(path(other, 'original'), new Date(day), new Date(day));
  const today = new Date().toISOString().slice(0, 10);
  mkdirSync(path('trash', today, folder), { recursive: true });
  renameSync(path(folder, 'w640.webp'), path('trash', today, folder, 'w640.webp'));
  const { code, output } = await verify('--fix');
  expect(output).toMatch(/w640.webp: .* - brought back from the trash/);
  expect(output).toMatch(new RegExp(`orphan +${other}/original: .* - moved to the trash`));
  expect(output).toMatch(new RegExp(`orphan +${folder}/w999.webp: .*row$`, 'm'));
  expect(code).toBe(1);
  expect(readdirSync(path('trash', today, other))).toEqual(['original']);
  rmSync(path(folder, 'w999.webp'));
  expect(await verify()).toMatchObject({ code: 0 });
});

test('an avatar whose photo is gone is found, and wrong words are answered with the right ones', async () => {
  await stack.database.query('UPDATE users SET avatar_photo_id = 17 WHERE id = $1', [ada.id]);
  const { code, output } = await verify();
  expect(output).toMatch(new RegExp(`avatar .*: the photo of user ${ada.id}'s picture is gone`));
  expect(code).toBe(1);
  for (const words of [
    ['verify', '--all'],
    ['migrate', 'disk', 'tape'],
  ]) {
    const refused = await storage(stack, {}, ...words);
    expect(refused.code).toBe(64);
    expect(refused.output).toContain(`expected one of these but received "${words.join(' ')}"\n\nusage: `);
  }
  expect((await storage(stack, {}, 'migrate', 'disk', 's3')).output).toContain('expected S3_BUCKET');
});
