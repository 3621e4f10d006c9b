import { randomBytes } from 'node:crypto';
import { newFolder, TransferRows, UploadRows, type TransferRow } from '@app/storage';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { workerRoom, type WorkerRoom } from '../../../../test/harness/worker-room.js';
import { Transfers } from './transfers.service.js';

let room: WorkerRoom;
let rows: TransferRows;

beforeAll(async () => {
  room = await workerRoom();
  rows = room.get(TransferRows);
});
afterAll(() => room.close());
beforeEach(() => room.database.query('TRUNCATE transfers, uploads'));

/** An import of a zip of which nothing is in the store. */
async function begun(): Promise<TransferRow> {
  const owner = await room.person();
  const uploads = room.get(UploadRows);
  return room.work.run(async (tx) => {
    const id = await uploads.nextId(tx, owner);
    const upload = { id, owner, secretHash: randomBytes(32), folder: newFolder(), length: 100, altText: '' };
    await uploads.begin(tx, { ...upload, purpose: 'import', validFor: 60 });
    await uploads.keepForImport(tx, id, 600);
    return rows.insertImport(tx, owner, id, newFolder(), 'en');
  });
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
