import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  newFolder,
  objectKey,
  OBJECT_STORE,
  pieceName,
  TransferRows,
  UploadRows,
  type ObjectStore,
  type TransferRow,
} from '@app/storage';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { drawn } from '../../../../test/harness/pictures.js';
import { workerRoom, type WorkerRoom } from '../../../../test/harness/worker-room.js';
import { zipOf } from '../../../../test/harness/zip.js';
import { Transfers } from './transfers.service.js';

let room: WorkerRoom;
let rows: TransferRows;

beforeAll(async () => {
  room = await workerRoom();
  rows = room.get(TransferRows);
});
afterAll(() => room.close());
beforeEach(() => room.database.query('TRUNCATE transfers, uploads'));

/** An import of a zip, of which nothing is in the store unless it is given. */
async function begun(zip: Buffer | null = null): Promise<TransferRow> {
  const owner = await room.person();
  const uploads = room.get(UploadRows);
  const folder = newFolder();
  if (zip) {
    const source = Readable.from([zip], { objectMode: false });
    const key = objectKey(folder, pieceName('w', 0));
    await room.get<ObjectStore>(OBJECT_STORE as never).write(key, source, { contentType: 'application/zip' });
  }
  const made = await room.work.run(async (tx) => {
    const id = await uploads.nextId(tx, owner);
    const upload = {
      id,
      owner,
      secretHash: randomBytes(32),
      folder,
      length: zip?.length ?? 100,
      altText: '',
    };
    await uploads.begin(tx, { ...upload, purpose: 'import', validFor: 60 });
    await uploads.keepForImport(tx, id, 600);
    return rows.insertImport(tx, owner, id, newFolder(), 'en');
  });
  const pieces = JSON.stringify(zip ? [{ name: 'w', sizes: [zip.length] }] : []);
  await room.database.query('UPDATE uploads SET pieces = $1::jsonb WHERE id = $2', [pieces, made.upload_id]);
  return made;
}

test('each kind has a lane of its own, and what waits for room begins later', async () => {
  const { id } = await begun();
  expect(await rows.claim('export', 10)).toBeNull();
  const taken = (await rows.claim('import', 10)) as TransferRow;
  expect(taken).toMatchObject({ id, state: 'importing', attempts: 1 });
  await rows.waitFor(taken, 'quota', 1_800);
  expect(await rows.claim('import', 10)).toBeNull();
  expect(await rows.find(id)).toMatchObject({ state: 'queued', waiting_for: 'quota' });
});

test('a step of an attempt that another has replaced is not taken', async () => {
  const { id } = await begun();
  const first = (await rows.claim('import', 10)) as TransferRow;
  await rows.release(first);
  const second = (await rows.claim('import', 10)) as TransferRow;
  const step = { done: 3, progress: 50, report: { posts: 3, photos: 3, leftOut: [] } };
  const advance = (transfer: TransferRow) => room.work.run((tx) => rows.advance(tx, transfer, step));
  expect([await advance(first), await advance(second)]).toEqual([false, true]);
  await rows.release(second);
  expect(await rows.claim('import', 10)).toMatchObject({ id, done: 3, progress: 50, report: { posts: 3 } });
});

test('a zip of which nothing can come fails once, and its upload ends with the row', async () => {
  const { id, upload_id: upload } = await begun();
  await room.get(Transfers).settle();
  // Its pieces are missing, and there are none.
  expect(await rows.find(id)).toMatchObject({ state: 'failed', error: 'zip_invalid' });
  await room.database.query('UPDATE transfers SET expires_at = now(), attempted_at = NULL');
  await room.get(Transfers).sweep(10);
  expect(await rows.find(id)).toBeNull();
  const [row] = await room.database.query<{ over: boolean }>(
    'SELECT expires_at <= now() AS over FROM uploads WHERE id = $1',
    [upload],
  );
  expect(row?.over).toBe(true);
});

test('an import whose account is closed while its photos are developed ends, and is not tried again', async () => {
  const post = { createdAt: '2026-03-01T00:00:00.000Z', photos: [{ file: 'a.jpg' }] };
  const { bytes } = await drawn({ seed: 7, width: 64, height: 48 });
  const files = { 'narwhal-export.json': {}, 'posts.json': { posts: [post] }, 'a.jpg': bytes };
  const { id, user_id: owner } = await begun(await zipOf(files));
  const ended = room.get(Transfers).settle();
  // Nothing develops here, so it waits.
  const waiting = `SELECT 1 FROM photos WHERE owner_id = $1 AND state = 'processing'`;
  await expect.poll(() => room.database.query(waiting, [owner])).toHaveLength(1);
  await room.database.query('UPDATE users SET closed_at = now() WHERE id = $1', [owner]);
  await ended;
  expect(await rows.find(id)).toMatchObject({ state: 'ended', error: null });
});
