import type { Id } from '@app/platform';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { jpeg, PhotoRoom } from '../../../../test/harness/photo-room.js';

let room: PhotoRoom;
let ada: Id;

beforeAll(async () => {
  room = await PhotoRoom.open();
});
afterAll(() => room.close());

const bytes = jpeg(1_000);

async function begun(length = bytes.length) {
  ada = await room.person();
  return room.begin(ada, length);
}

const append = (id: Id, offset: number, body: AsyncIterable<Buffer>) =>
  room.uploads.append(id, offset, body, null);

async function* of(part: Buffer): AsyncGenerator<Buffer> {
  yield await Promise.resolve(part);
}

test('the last bytes may be sent again once the photo is made; bytes that are no photo end the upload', async () => {
  const { id } = await begun();
  const { photoId } = await append(id, 0, of(bytes));
  expect(await append(id, 0, of(bytes))).toEqual({ received: 1_000, photoId });
  const other = await begun(500);
  await expect(append(other.id, 0, of(Buffer.alloc(500, 'a')))).rejects.toMatchObject({
    code: 'unsupported_media_type',
  });
  await expect(append(other.id, 0, of(jpeg(500)))).rejects.toMatchObject({ code: 'upload_gone' });
});

test('an upload whose process was killed before its photo was made is completed once, however often it is tried', async () => {
  const upload = await begun();
  const killed = vi.spyOn(room.photos, 'make').mockRejectedValueOnce(new Error('killed'));
  await expect(append(upload.id, 0, of(bytes))).rejects.toThrow('killed');
  killed.mockRestore();
  expect(await room.photosOf(ada)).toEqual([]);
  const row = await room.uploads.find(upload.id);
  const tries = [1, 2, 3].map(() => row && room.uploads.completeOf(row));
  const ids = new Set(await Promise.all([...tries, room.uploads.look(upload).then((now) => now.photo_id)]));
  expect(await room.photosOf(ada)).toMatchObject([{ id: [...ids][0], folder: upload.folder }]);
  expect(ids.size).toBe(1);
  await room.uploads.discard(upload.id);
  expect(await room.objects(upload.folder)).toEqual(['original']);
});

test('whoever completes an upload that another request has just settled gets what that one got', async () => {
  const { id } = await begun();
  const { photoId } = await append(id, 0, of(bytes));
  const unfinished = async () => {
    const upload = await room.begin(ada, bytes.length);
    const killed = vi.spyOn(room.photos, 'make').mockRejectedValueOnce(new Error('killed'));
    await expect(append(upload.id, 0, of(bytes))).rejects.toThrow('killed');
    killed.mockRestore();
    return (await room.uploads.find(upload.id)) ?? upload;
  };
  // The same bytes as before: no objects stay.
  const same = await unfinished();
  expect(await room.uploads.completeOf(same)).toBe(photoId);
  expect(await room.objects(same.folder)).toEqual([]);
  expect(await room.uploads.completeOf(same)).toBe(photoId);
  const ended = await unfinished();
  await room.uploads.discard(ended.id);
  await expect(room.uploads.completeOf(ended)).rejects.toMatchObject({ code: 'upload_gone' });
});
