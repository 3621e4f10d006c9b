import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Id } from '@app/platform';
import {
  newFolder,
  objectKey,
  OBJECT_STORE,
  pieceName,
  type ObjectStore,
  type UploadRow,
} from '@app/storage';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { workerRoom, type WorkerRoom } from '../../../../test/harness/worker-room.js';
import { Archive } from './archive.js';
import { planOf } from './importing.js';
import { mended } from './instagram.js';
import { Report } from './plan.js';
import { zipOf } from '../../../../test/harness/zip.js';

let room: WorkerRoom;
let objects: ObjectStore;
let owner: Id;

beforeAll(async () => {
  room = await workerRoom();
  objects = room.get<ObjectStore>(OBJECT_STORE as never);
  owner = await room.person();
});
afterAll(() => room.close());

/** A zip in the store, in pieces as they arrive. */
async function uploaded(zip: Buffer, pieces = 3): Promise<UploadRow> {
  const folder = newFolder();
  const size = Math.ceil(zip.length / pieces);
  const sizes: number[] = [];
  for (let from = 0; from < zip.length; from += size) {
    const bytes = zip.subarray(from, from + size);
    const key = objectKey(folder, pieceName('w', sizes.length));
    const contentType = 'application/octet-stream';
    await objects.write(key, Readable.from([bytes], { objectMode: false }), { contentType });
    sizes.push(bytes.length);
  }
  return { folder, owner_id: owner, length: String(zip.length), pieces: [{ name: 'w', sizes }] } as UploadRow;
}

const opened = async (files: Record<string, Buffer | object>) =>
  Archive.open(objects, await uploaded(await zipOf(files)));

/** As Instagram writes texts. */
const escaped = (text: string) => Buffer.from(text).toString('latin1');

test('a thousand posts of Instagram, by any of its layouts, are planned as they were', async () => {
  const files: Record<string, Buffer | object> = {};
  const list = Array.from({ length: 1_000 }, (_, nth) => {
    const uri = `media/posts/202001/${nth}.${['jpg', 'webp', 'heic'][nth % 3]}`;
    files[`instagram-ada/${uri}`] = Buffer.from(`photo ${nth}`);
    const title = escaped(`Größe ${nth} \u{1f40b}`);
    const at = 1_580_000_000 + nth;
    return nth % 2 === 0
      ? { media: [{ uri, creation_timestamp: at, title }] }
      : {
          media: [{ uri, creation_timestamp: at, title: '' }, { uri: 'media/posts/a.mp4' }],
          title,
          creation_timestamp: at,
        };
  });
  files['instagram-ada/your_instagram_activity/media/posts_1.json'] = list.slice(0, 600);
  files['instagram-ada/your_instagram_activity/media/posts_2.json'] = list.slice(600);
  const { posts, report } = await planOf(await opened(files));
  expect(posts).toHaveLength(1_000);
  expect(posts[7]).toMatchObject({
    caption: 'Größe 7 \u{1f40b}',
    takenAt: new Date(1_580_000_007_000),
    photos: [{ name: 'instagram-ada/media/posts/202001/7.webp' }],
  });
  expect(report.json.leftOut).toEqual([
    { code: 'video', count: 500, names: Array.from({ length: 20 }, () => 'media/posts/a.mp4') },
  ]);
});

test('the layout of 2018 has one list of photos', async () => {
  const files = {
    'media.json': {
      stories: [{ path: 'stories/a.jpg' }],
      photos: [{ caption: escaped('Œuvre'), taken_at: '2018-05-01T10:00:00+00:00', path: 'photos/a.jpg' }],
    },
    'photos/a.jpg': Buffer.from('a'),
  };
  const { posts, report } = await planOf(await opened(files));
  expect(posts).toMatchObject([{ caption: 'Œuvre', takenAt: new Date('2018-05-01T10:00:00Z') }]);
  expect(report.json.leftOut).toMatchObject([{ code: 'story', count: 1 }]);
});

test('a thousand posts of Narwhal are planned with all that is theirs', async () => {
  const files: Record<string, Buffer | object> = { 'narwhal-export.json': { format: 1 } };
  const posts = Array.from({ length: 1_000 }, (_, nth) => {
    const file = `photos/2026-01-01-${nth}.jpg`;
    files[file] = Buffer.from(`photo ${nth}`);
    return {
      caption: `Fog ${nth}`,
      place: { name: 'Pier', latitude: 1, longitude: null },
      archived: nth === 0,
      createdAt: '2026-03-01T00:00:00.000Z',
      takenAt: nth === 1 ? '2012-01-01T00:00:00.000Z' : null,
      photos: [
        { file, altText: 'Fog' },
        { file: '../../etc/passwd', altText: '' },
      ],
    };
  });
  const plan = await planOf(await opened({ ...files, 'posts.json': { posts, unposted: [{}] } }));
  expect(plan.posts).toHaveLength(1_000);
  expect(plan.posts.slice(0, 2)).toMatchObject([
    { archived: true, place: { name: 'Pier', latitude: null }, photos: [{ altText: 'Fog' }] },
    { archived: false, takenAt: new Date('2012-01-01T00:00:00Z') },
  ]);
  expect(plan.report.json.leftOut.map(({ code, count }) => [code, count])).toEqual([
    ['unposted', 1],
    ['file_missing', 1_000],
  ]);
});

test('posts with too many photos become several, and long captions are cut', async () => {
  const photos = Array.from({ length: 23 }, (_, nth) => ({ file: `p/${nth}.jpg` }));
  const files = Object.fromEntries(photos.map(({ file }) => [file, Buffer.from(file)]));
  const posts = [{ caption: `\u0000${'ä'.repeat(3_000)}`, createdAt: '2026-03-01T00:00:00.000Z', photos }];
  const plan = await planOf(await opened({ ...files, 'narwhal-export.json': {}, 'posts.json': { posts } }));
  expect(plan.posts.map((post) => [[...post.caption].length, post.photos.length])).toEqual([
    [2_200, 10],
    [0, 10],
    [0, 3],
  ]);
  expect(plan.report.json.leftOut.map(({ code }) => code)).toEqual(['caption_cut', 'post_split']);
});

test.each([
  ['no zip', () => Promise.resolve(randomBytes(5_000)), 'zip_invalid'],
  ['half a zip', async () => (await zipOf({ 'posts.json': {} })).subarray(0, 60), 'zip_invalid'],
  ['a zip of anything', () => zipOf({ 'holiday.jpg': Buffer.from('x') }), 'format_unknown'],
])('%s is refused for good', async (_, made, code) => {
  const read = async () => planOf(await Archive.open(objects, await uploaded(await made())));
  await expect(read()).rejects.toMatchObject({ code });
});

test('an entry that lies about its size, its checksum or its bytes is told, and nothing else', async () => {
  const content = randomBytes(200_000);
  const zip = await zipOf({ 'a.jpg': content, 'b.jpg': Buffer.from('b') });
  const directory = zip.indexOf('PK\u0001\u0002', 0, 'latin1');
  const changed = async (at: number, value: number) => {
    const bytes = Buffer.from(zip);
    bytes.writeUInt32LE(value, directory + at);
    return Archive.open(objects, await uploaded(bytes));
  };
  const small = await changed(24, 10);
  expect(await small.examine('a.jpg')).toEqual({ fault: 'damaged' });
  expect(await small.examine('b.jpg')).toHaveProperty('sha256');
  expect(await (await changed(16, 7)).examine('a.jpg')).toEqual({ fault: 'damaged' });
  expect(await (await changed(24, 60_000_000)).examine('a.jpg')).toEqual({ fault: 'too_large' });
});

test('entries that share their bytes are not inflated without end', async () => {
  const archive = await opened({ 'a.jpg': Buffer.alloc(40_000_000) });
  expect(await archive.examine('a.jpg')).toEqual({ fault: 'too_large' });
});

test('a store that is away is not held against the zip', async () => {
  const upload = await uploaded(await zipOf({ 'narwhal-export.json': {} }));
  await objects.remove(upload.folder, [pieceName('w', 1), pieceName('w', 2)]);
  await expect(Archive.open(objects, upload)).rejects.toMatchObject({ name: 'ObjectMissing' });
});

test('a text that was no UTF-8 stays as it is', () => {
  expect(mended('caf\u00e9')).toBe('caf\u00e9');
  expect(mended('日本')).toBe('日本');
  const report = Report.empty();
  for (let nth = 0; nth < 100; nth += 1) report.leave('double', `${nth}`.repeat(300));
  expect(report.json.leftOut).toMatchObject([{ count: 100 }]);
  expect(JSON.stringify(report.json).length).toBeLessThan(5_000);
});
