import { randomBytes } from 'node:crypto';
import { readdirSync, readlinkSync } from 'node:fs';
import { Readable } from 'node:stream';
import { crc32, deflateRawSync } from 'node:zlib';
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
import { zipOf } from '../../../../test/harness/zip.js';
import { Archive } from './archive.js';
import { ImportedPhotos } from './imported-photos.js';
import { planOf } from './importing.js';
import { Report } from './plan.js';

let room: WorkerRoom;
let objects: ObjectStore;

beforeAll(async () => {
  room = await workerRoom();
  objects = room.get<ObjectStore>(OBJECT_STORE as never);
});
afterAll(() => room.close());

async function archiveOf(zip: Buffer): Promise<{ archive: Archive; folder: string }> {
  const folder = newFolder();
  const source = Readable.from([zip], { objectMode: false });
  await objects.write(objectKey(folder, pieceName('w', 0)), source, { contentType: 'application/zip' });
  const pieces = [{ name: 'w', sizes: [zip.length] }];
  const upload = { folder, length: String(zip.length), pieces } as UploadRow;
  return { archive: await Archive.open(objects, upload), folder };
}

interface Listed {
  name: string;
  /** One of `contents`, by its index: several entries may share it. */
  content: number;
  extra?: Buffer;
  comment?: Buffer;
  flags?: number;
}

/** A zip whose directory lists whatever it is told to. */
function forged(contents: Buffer[], listed: Listed[]): Buffer {
  const parts: Buffer[] = [];
  const places: { at: number; packed: number; size: number; sum: number }[] = [];
  let at = 0;
  for (const content of contents) {
    const packed = deflateRawSync(content);
    places.push({ at, packed: packed.length, size: content.length, sum: crc32(content) });
    const header = Buffer.alloc(30);
    header.writeUInt32LE(0x04034b50, 0);
    header.writeUInt16LE(8, 8);
    parts.push(header, packed);
    at += header.length + packed.length;
  }
  const directory = listed.flatMap(
    ({ name, content, extra = Buffer.alloc(0), comment = Buffer.alloc(0), flags = 0 }) => {
      const place = places[content];
      if (!place) throw new Error(`expected content ${content}`);
      const header = Buffer.alloc(46);
      header.writeUInt32LE(0x02014b50, 0);
      header.writeUInt16LE(flags, 8);
      header.writeUInt16LE(8, 10);
      header.writeUInt32LE(place.sum, 16);
      header.writeUInt32LE(place.packed, 20);
      header.writeUInt32LE(place.size, 24);
      const named = Buffer.from(name);
      for (const [offset, { length }] of [
        [28, named],
        [30, extra],
        [32, comment],
      ] as const)
        header.writeUInt16LE(length, offset);
      header.writeUInt32LE(place.at, 42);
      return [header, named, extra, comment];
    },
  );
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(listed.length, 8);
  end.writeUInt16LE(listed.length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, ...directory, end]);
}

const json = (content: unknown) => Buffer.from(JSON.stringify(content));
/** Memory of this process while `work` runs, in MiB. */
async function grownBy(work: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage().rss;
  let most = before;
  const timer = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 20);
  await work().finally(() => clearInterval(timer));
  return (Math.max(most, process.memoryUsage().rss) - before) / 2 ** 20;
}

test('documents that share their bytes are read up to a limit, and the rest is told', async () => {
  const padded = Buffer.concat([Buffer.from('[]'), Buffer.alloc(30 * 2 ** 20, ' ')]);
  const listed = Array.from({ length: 2_000 }, (_, nth) => ({ name: `posts_${nth}.json`, content: 0 }));
  const { archive } = await archiveOf(forged([padded], listed));
  const grown = await grownBy(async () => {
    const { posts, report } = await planOf(archive);
    expect(posts).toEqual([]);
    expect(report.json.leftOut).toMatchObject([{ code: 'document_unreadable', count: 1_997 }]);
  });
  expect(grown).toBeLessThan(400);
});

test('a document of nothing but lists is not parsed', async () => {
  const lists = Buffer.from(`{"posts":[${'[],'.repeat(10_000_000)}[]]}`);
  const { archive } = await archiveOf(
    forged(
      [json({}), lists],
      [
        { name: 'narwhal-export.json', content: 0 },
        { name: 'posts.json', content: 1 },
      ],
    ),
  );
  const grown = await grownBy(async () =>
    expect((await planOf(archive)).report.json.leftOut).toMatchObject([{ code: 'document_unreadable' }]),
  );
  expect(grown).toBeLessThan(200);
});

test('a photo is planned once, however many posts name it', async () => {
  const photos = [{ file: 'a.jpg' }, { file: 'a.jpg' }];
  const posts = Array.from({ length: 100_000 }, () => ({ photos }));
  const { archive } = await archiveOf(
    await zipOf({ 'narwhal-export.json': {}, 'posts.json': { posts }, 'a.jpg': Buffer.from('a') }),
  );
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 1);
  const plan = await planOf(archive);
  clearInterval(timer);
  expect(plan.posts).toHaveLength(1);
  expect(plan.report.json.leftOut).toMatchObject([{ code: 'double', count: 199_999 }]);
  expect(turns).toBeGreaterThan(20);
});

test('names, fields and comments of 64 kB are neither kept nor searched', async () => {
  const [extra, comment] = [Buffer.alloc(65_532), Buffer.alloc(65_535, 'c')];
  const listed: Listed[] = Array.from({ length: 1_000 }, (_, nth) => ({
    name: nth % 2 ? `${nth}.jpg` : `${'a'.repeat(65_000)}/${nth}/posts_1.json`,
    content: 0,
    extra,
    comment,
  }));
  const zip = forged([json([])], [...listed, { name: 'posts_1.json', content: 0 }]);
  const { archive } = await archiveOf(zip);
  expect([...archive.names]).toHaveLength(501);
  expect((await planOf(archive)).posts).toEqual([]);
});

test('of entries with one name the first counts, and paths and links are names', async () => {
  const names = [
    'a.jpg',
    'a.jpg',
    '../../etc/passwd',
    '/etc/passwd',
    'C:\\a.jpg',
    'ä/\u{1f40b}.jpg',
    '\u0000',
  ];
  const contents = names.map((_, nth) => Buffer.from(`content ${nth}`));
  const { archive } = await archiveOf(
    forged(
      contents,
      names.map((name, content) => ({ name, content })),
    ),
  );
  expect([...archive.names]).toEqual(names.slice(1));
  const chunks: Buffer[] = [];
  for await (const chunk of await archive.stream('a.jpg')) chunks.push(chunk as Buffer);
  expect(Buffer.concat(chunks).toString()).toBe('content 0');
});

test('encrypted entries are told, whether they are photos or documents', async () => {
  const { archive } = await archiveOf(
    forged(
      [json({})],
      [
        { name: 'narwhal-export.json', content: 0 },
        { name: 'posts.json', content: 0, flags: 1 },
        { name: 'a.jpg', content: 0, flags: 1 },
      ],
    ),
  );
  expect((await planOf(archive)).report.json.leftOut).toMatchObject([{ code: 'document_unreadable' }]);
  expect(await archive.examine('a.jpg')).toEqual({ fault: 'encrypted' });
});

test('files that are no photos leave nothing open', async () => {
  const owner: Id = await room.person();
  const files = Object.fromEntries(
    Array.from({ length: 10 }, (_, nth) => [
      `${nth}.jpg`,
      Buffer.concat([Buffer.from('no photo'), randomBytes(3_000_000)]),
    ]),
  );
  const contents = Object.values(files);
  const { archive, folder } = await archiveOf(
    forged(
      contents,
      Object.keys(files).map((name, content) => ({ name, content })),
    ),
  );
  const report = Report.empty();
  const { signal } = new AbortController();
  for (const name of archive.names)
    await room.get(ImportedPhotos).take(owner, { archive, name, altText: '', report }, signal);
  expect(report.json.leftOut).toMatchObject([{ code: 'not_a_photo', count: 10 }]);
  const open = () =>
    readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).includes(folder);
      } catch {
        return false;
      }
    });
  await expect.poll(open).toEqual([]);
});
