import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { limits, type Id } from '@app/platform';
import { ORIGINAL } from '@app/platform/photos';
import { Likes, Relations } from '@app/domain';
import {
  exportName,
  newFolder,
  objectKey,
  OBJECT_STORE,
  ObjectMissing,
  TransferRows,
  type ObjectStore,
  type TransferRow,
} from '@app/storage';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { workerRoom, type WorkerRoom } from '../../../../test/harness/worker-room.js';
import { entriesOf } from '../../../../test/harness/zip.js';
import { PREVIEW } from './files.js';
import { Transfers } from '../transfers/transfers.service.js';
import { ExportSettling } from './export-settling.js';

let room: WorkerRoom;
let objects: ObjectStore;
let rows: TransferRows;
let ada: Id;

beforeAll(async () => {
  room = await workerRoom();
  objects = room.get<ObjectStore>(OBJECT_STORE as never);
  rows = room.get(TransferRows);
});
afterAll(() => room.close());
beforeEach(async () => {
  await room.database.query('TRUNCATE outbox, mails, transfers, photos, posts');
  ada = await room.person();
});

const contentType = 'image/jpeg';
const stored = (key: string, bytes: Buffer) =>
  objects.write(key, Readable.from([bytes], { objectMode: false }), { contentType });

/** A photo of Ada's with these bytes, in a post or in none. */
async function photo(bytes: Buffer, post: Id | null = null, altText = ''): Promise<Id> {
  const folder = newFolder();
  await stored(objectKey(folder, ORIGINAL), bytes);
  await stored(objectKey(folder, PREVIEW), Buffer.from('preview'));
  const [row] = await room.database.query<{ id: Id }>(
    `INSERT INTO photos (shard, id, owner_id, state, folder, bytes, type, post_id, position, alt_text, width, height, renditions)
     SELECT shard_of(id), id, $1, 'ready', $2, $3, 'image/jpeg', $4, 0, $5, 640, 480, '{"w640": {"width": 640, "height": 480, "bytes": 7}}'
     FROM next_id(shard_of($1::bigint)) AS id RETURNING id`,
    [ada, folder, bytes.length, post, altText],
  );
  return row?.id ?? '';
}

const asked = (locale = 'en'): Promise<TransferRow> =>
  room.work.run((tx) => rows.insert(tx, ada, newFolder(), locale));
const keyOf = ({ folder, attempts }: TransferRow) => objectKey(folder, exportName(attempts));
async function found({ id }: TransferRow): Promise<TransferRow> {
  const row = await rows.find(id);
  if (!row) throw new Error('expected the export to be there');
  return row;
}
async function made(locale?: string): Promise<Map<string, Buffer>> {
  const { id } = await asked(locale);
  await room.get(Transfers).settle();
  const row = await found({ id } as TransferRow);
  expect(row).toMatchObject({ state: 'ready', progress: 100, error: null });
  const zip = await buffer((await objects.read(keyOf(row))).stream);
  expect(String(zip.length)).toBe(row.bytes);
  return entriesOf(zip);
}
const jsonOf = (files: Map<string, Buffer>, name: string): unknown =>
  JSON.parse(files.get(name)?.toString() ?? 'null');

test('an export has the originals as they were sent, and everything that its owner wrote and marked', async () => {
  const grace = await room.person();
  const [post, others] = [await room.postOf(ada), await room.postOf(grace)];
  await room.database.query(
    `UPDATE posts SET caption = 'Fog', place_name = 'Pier 7', caption_entities = $2 WHERE id = $1`,
    [post, JSON.stringify([{ type: 'hashtag', start: 0, end: 3, tag: 'fog' }])],
  );
  await room.database.query(
    `INSERT INTO comments (shard, id, post_id, author_id, text)
     SELECT shard_of($1::bigint), next_id(shard_of($1::bigint)), $1, $2, 'Where was that?'`,
    [others, ada],
  );
  const bytes = randomBytes(300_001);
  const shown = await photo(bytes, post, 'A pier in fog');
  const unposted = await photo(Buffer.from('alone'));
  await room.get(Relations).follow(ada, grace);
  await room.work.run((tx) =>
    room.get(Likes).carryOut(tx, [{ user: ada, post: others, liked: true }], { wait: true }),
  );
  const files = await made();
  const day = new Date().toISOString().slice(0, 10);
  expect(files.get(`photos/${day}-${shown}.jpg`)?.equals(bytes)).toBe(true);
  expect(files.get(`photos/${day}-${unposted}.jpg`)?.toString()).toBe('alone');
  expect(files.get(`previews/${shown}.webp`)?.toString()).toBe('preview');
  expect(jsonOf(files, 'posts.json')).toMatchObject({
    posts: [
      {
        id: post,
        caption: 'Fog',
        place: { name: 'Pier 7' },
        tags: ['fog'],
        photos: [{ id: shown, altText: 'A pier in fog', file: `photos/${day}-${shown}.jpg` }],
      },
    ],
    unposted: [{ id: unposted }],
  });
  expect(jsonOf(files, 'comments.json')).toMatchObject({
    comments: [{ postId: others, text: 'Where was that?' }],
  });
  expect(jsonOf(files, 'likes.json')).toMatchObject({
    posts: [{ postId: others, author: expect.any(String) as string }],
  });
  expect(jsonOf(files, 'follows.json')).toMatchObject({ following: [{}], followers: [], blocked: [] });
  expect(jsonOf(files, 'narwhal-export.json')).toMatchObject({ format: 1, photos: 2, missing: [] });
  const page = files.get('index.html')?.toString() ?? '';
  for (const text of ['Fog', 'Pier 7', `previews/${shown}.webp`, 'Where was that?'])
    expect(page).toContain(text);
  for (const [path, named] of files) {
    expect(path).toMatch(/^[\w./-]+$/);
    expect([path, named.length > 0]).toEqual([path, true]);
  }
});

test('of others’ private posts only the mark is there, and what people wrote is text', async () => {
  const grace = await room.person(false);
  const post = await room.postOf(grace);
  await room.work.run((tx) =>
    room.get(Likes).carryOut(tx, [{ user: ada, post, liked: true }], { wait: true }),
  );
  await room.database.query('UPDATE users SET private = true WHERE id = $1', [grace]);
  const own = await room.postOf(ada);
  await room.database.query('UPDATE posts SET caption = $2 WHERE id = $1', [
    own,
    '<script>alert(1)</script>',
  ]);
  const files = await made('de');
  expect(jsonOf(files, 'likes.json')).toEqual({
    posts: [{ postId: post, markedAt: expect.any(String) as string }],
    comments: [],
  });
  const page = files.get('index.html')?.toString() ?? '';
  expect(page).not.toContain('<script');
  expect(page).toContain('&lt;script&gt;');
  expect(page).toContain('<html lang="de">');
});

test('a ready export is told by mail, once', async () => {
  await made();
  expect((await room.outbox()).map(({ kind }) => kind)).toEqual(['mail.send']);
  const [mail] = await room.database.query(
    'SELECT kind, user_id, expires_at - created_at AS kept FROM mails',
  );
  expect(mail).toMatchObject({ kind: 'export', user_id: ada });
});

test('a photo whose original is gone is named, and the rest is there', async () => {
  const gone = await photo(Buffer.from('gone'));
  const [row] = await room.database.query<{ folder: string }>('SELECT folder FROM photos WHERE id = $1', [
    gone,
  ]);
  await objects.remove(row?.folder ?? '', [ORIGINAL]);
  const stays = await photo(Buffer.from('stays'));
  const files = await made();
  expect(jsonOf(files, 'narwhal-export.json')).toMatchObject({ photos: 2, missing: [gone] });
  expect([...files.keys()].some((path) => path.includes(stays))).toBe(true);
});

test('an attempt of a dead worker is begun anew, and what it still writes is not taken', async () => {
  const first = await asked();
  const dead = await rows.claim('export', 10);
  expect(dead).toMatchObject({ id: first.id, attempts: 1 });
  expect(await rows.claim('export', 10)).toBeNull();
  await room.database.query(
    `UPDATE transfers SET attempted_at = now() - interval '1 minute', next_try_at = now()`,
  );
  await room.get(Transfers).settle();
  const ready = await found(first);
  expect(ready).toMatchObject({ state: 'ready', attempts: 2 });
  if (!dead) return;
  await stored(keyOf(dead), Buffer.from('half'));
  expect(await rows.touch(dead, 50)).toBe(false);
  expect(await room.get(ExportSettling).ready(dead, 4)).toBe(false);
  expect(await objects.stat(keyOf(dead))).toBeNull();
  expect((await found(first)).bytes).toBe(ready.bytes);
});

test('an account that closes meanwhile gets none, and nothing of it stays', async () => {
  await photo(Buffer.from('mine'));
  await asked();
  const begun = await rows.claim('export', 10);
  if (!begun) throw new Error('expected an export to be taken up');
  await stored(keyOf(begun), Buffer.from('all of it'));
  await room.database.query('UPDATE users SET closed_at = now() WHERE id = $1', [ada]);
  expect(await room.get(ExportSettling).ready(begun, 9)).toBe(false);
  expect(await objects.stat(keyOf(begun))).toBeNull();
  expect(await room.database.query('SELECT id FROM mails')).toEqual([]);
});

test('an export of a closed account waits for nothing: it ends', async () => {
  const { id } = await asked();
  await room.database.query('UPDATE users SET closed_at = now() WHERE id = $1', [ada]);
  await room.get(Transfers).settle();
  expect(await found({ id } as TransferRow)).toMatchObject({ state: 'ended', attempts: 1 });
});

test('an export is deleted after a week, and its row with it', async () => {
  await made();
  const [row] = await room.database.query<TransferRow>('SELECT * FROM transfers');
  if (!row) throw new Error('expected an export');
  expect(await objects.stat(keyOf(row))).not.toBeNull();
  await room.database.query(
    `UPDATE transfers SET expires_at = now(), attempted_at = now() - interval '7 days'`,
  );
  await room.get(Transfers).sweep(10);
  await expect(objects.read(keyOf(row))).rejects.toThrow(ObjectMissing);
  expect(await room.database.query('SELECT id FROM transfers')).toEqual([]);
});

test('pauses grow, and after days it is given up', async () => {
  const { id } = await asked();
  const first = await rows.claim('export', 10);
  if (!first) throw new Error('expected an export to be taken up');
  expect(await rows.failed(first, 'no room', limits.export.triedFor, 60)).toBe('waiting');
  expect(await rows.claim('export', 10)).toBeNull();
  await room.database.query(
    `UPDATE transfers SET next_try_at = now(), created_at = now() - interval '4 days'`,
  );
  const second = await rows.claim('export', 10);
  expect(second).toMatchObject({ id, attempts: 2 });
  if (second) expect(await rows.failed(second, 'no room', limits.export.triedFor, 60)).toBe('failed');
  expect(await rows.claim('export', 10)).toBeNull();
});
