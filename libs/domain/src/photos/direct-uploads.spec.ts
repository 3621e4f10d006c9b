import { Readable } from 'node:stream';
import type { Id } from '@app/platform';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { jpeg, PhotoRoom } from '../../../../test/harness/photo-room.js';

let room: PhotoRoom;
let ada: Id;
let id: Id;

beforeAll(async () => {
  room = await PhotoRoom.open();
});
afterAll(() => room.close());
beforeEach(async () => {
  ada = await room.person();
  id = await room.work.run((tx) => room.uploads.beginDirect(tx, ada, { type: 'image/jpeg', bytes: 900 }));
});

/** A client's upload by its presigned URL. */
async function put(bytes: Buffer): Promise<void> {
  const folder = (await room.uploads.find(id))?.folder;
  await room.store.write(`${folder}/directn0`, Readable.from([bytes]), { contentType: 'image/jpeg' });
}

const complete = (owner = ada) => room.uploads.completeDirect(owner, id);

test('a photo that arrived has the id that was promised, however often its client says so', async () => {
  await put(jpeg(900));
  const first = await Promise.all([complete(), complete()]);
  expect(first.map((made) => made.id)).toEqual([id, id]);
  expect(await complete()).toEqual({ id, existed: true });
  expect(await room.photosOf(ada)).toMatchObject([{ id, state: 'processing' }]);
  await room.uploads.discard(id);
  expect(await complete()).toEqual({ id, existed: true });
});

test('one that has not arrived may still do so', async () => {
  await expect(complete()).rejects.toMatchObject({ code: 'upload_not_arrived' });
  await put(jpeg(899));
  await expect(complete()).rejects.toMatchObject({ code: 'upload_not_arrived', params: { actual: 899 } });
  await put(jpeg(900));
  expect(await complete()).toEqual({ id, existed: false });
});

test('one that is no photo is over', async () => {
  await put(Buffer.alloc(900, 'a'));
  await expect(complete()).rejects.toMatchObject({ code: 'unsupported_media_type' });
  await expect(complete()).rejects.toMatchObject({ code: 'upload_gone' });
});

test('only its owner ends it, and it stays over', async () => {
  const grace = await room.person();
  await expect(complete(grace)).rejects.toMatchObject({ code: 'not_found' });
  expect(await room.uploads.discardDirect(grace, id)).toBe(false);
  expect(await room.uploads.discardDirect(ada, id)).toBe(true);
  await put(jpeg(900)).catch(() => undefined); // Its folder is not known any more.
  await expect(complete()).rejects.toMatchObject({ code: 'upload_gone' });
  await expect(complete(grace)).rejects.toMatchObject({ code: 'not_found' });
});

test('one that arrives too late makes no photo', async () => {
  await put(jpeg(900));
  await room.database.query('UPDATE uploads SET expires_at = now() WHERE id = $1', [id]);
  await expect(complete()).rejects.toMatchObject({ code: 'upload_gone' });
  expect(await room.photosOf(ada)).toEqual([]);
});
