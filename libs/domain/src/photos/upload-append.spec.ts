import { buffer } from 'node:stream/consumers';
import { problem, type Id } from '@app/platform';
import { afterAll, beforeAll, expect, test } from 'vitest';
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

async function original(folder: string): Promise<Buffer> {
  return buffer((await room.store.read(`${folder}/original`)).stream);
}

test('a request that was overtaken counts nothing more, and leaves no object', async () => {
  const { id, folder } = await begun();
  const received = Promise.withResolvers<void>();
  const overtaken = Promise.withResolvers<void>();
  const older = append(
    id,
    0,
    (async function* body() {
      yield bytes.subarray(0, 600);
      received.resolve();
      await overtaken.promise;
      yield bytes.subarray(600);
    })(),
  );
  await received.promise;
  const newer = await append(id, 0, of(bytes));
  overtaken.resolve();
  await expect(older).rejects.toMatchObject({ code: 'upload_taken_over', params: { offset: 1_000 } });
  expect(await room.photosOf(ada)).toMatchObject([{ id: newer.photoId, folder }]);
  expect(await original(folder)).toEqual(bytes);
  expect(await room.objects(folder)).toEqual(['original']);
});

test('a request whose upload was looked at counts nothing more: the offset that was told holds', async () => {
  const upload = await begun();
  const received = Promise.withResolvers<void>();
  const looked = Promise.withResolvers<void>();
  const older = append(
    upload.id,
    0,
    (async function* body() {
      yield bytes.subarray(0, 600);
      received.resolve();
      await looked.promise;
    })(),
  );
  await received.promise;
  expect((await room.uploads.look(upload)).received).toBe('0');
  looked.resolve();
  await expect(older).rejects.toMatchObject({ code: 'upload_taken_over', params: { offset: 0 } });
  expect(await room.objects(upload.folder)).toEqual([]);
});

test('bytes before a broken connection count, and the upload goes on there', async () => {
  const { id, folder } = await begun();
  const broken = append(
    id,
    0,
    (async function* body() {
      yield await Promise.resolve(bytes.subarray(0, 400));
      throw problem('body_incomplete');
    })(),
  );
  await expect(broken).rejects.toMatchObject({ code: 'body_incomplete' });
  await expect(append(id, 0, of(bytes))).rejects.toMatchObject({
    code: 'upload_offset',
    params: { offset: 400 },
  });
  expect((await append(id, 400, of(bytes.subarray(400)))).photoId).not.toBeNull();
  expect(await original(folder)).toEqual(bytes);
});
