import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buffer } from 'node:stream/consumers';
import { nowhere } from '@app/storage';
import { jpeg, PhotoRoom } from '../../../../test/harness/photo-room.js';

let room: PhotoRoom;

beforeAll(async () => {
  room = await PhotoRoom.open();
});
afterAll(() => room.close());

const never = new AbortController().signal;

async function* chunks(bytes: Buffer, failure?: Error): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 100) yield await Promise.resolve(bytes.subarray(at, at + 100));
  if (failure) throw failure;
}

const stored = (owner: string, bytes: Buffer) => room.photos.store(owner, bytes.length, chunks(bytes), never);
const madeOf = async (owner: string, original: Awaited<ReturnType<typeof stored>>) =>
  room.work.run((tx) =>
    room.photos.make(
      tx,
      owner,
      { photoId: original.photoId },
      { ...original, altText: '' },
      original.photoId,
    ),
  );

test('an original is stored whole, in the folder that its row named before', async () => {
  const ada = await room.person();
  const bytes = jpeg(1_234);
  const original = await stored(ada, bytes);
  expect(original).toMatchObject({ bytes: 1_234, type: 'image/jpeg' });
  expect(original.sha256).toEqual(createHash('sha256').update(bytes).digest());
  const [row] = await room.photosOf(ada);
  expect(row).toMatchObject({ id: original.photoId, state: 'uploading' });
  expect(await buffer((await room.store.read(`${row?.folder}/original`)).stream)).toEqual(bytes);
});

test('what breaks off, or is no photo, leaves neither row nor object', async () => {
  const ada = await room.person();
  const broken = room.photos.store(ada, 5_000, chunks(jpeg(5_000), new Error('cut')), never);
  await expect(broken).rejects.toThrow('cut');
  await expect(stored(ada, Buffer.alloc(5_000, 'a'))).rejects.toMatchObject({
    code: 'unsupported_media_type',
  });
  expect(await room.photosOf(ada)).toEqual([]);
});

test('the same bytes by the same person at once make one photo; by another person, another', async () => {
  const [ada, grace] = [await room.person(), await room.person()];
  const bytes = jpeg(2_000);
  const [one, two, others] = await Promise.all([
    stored(ada, bytes),
    stored(ada, bytes),
    stored(grace, bytes),
  ]);
  const made = await Promise.all([madeOf(ada, one), madeOf(ada, two), madeOf(grace, others)]);
  expect(made[0]?.id).toBe(made[1]?.id);
  expect(made.filter((photo) => photo?.existed)).toHaveLength(1);
  expect(made[2]).toEqual({ id: others.photoId, existed: false });
});

test('an upload that was given up becomes no photo, and a photo is not taken back', async () => {
  const ada = await room.person();
  const [lost, kept] = [await stored(ada, jpeg(300)), await stored(ada, jpeg(400))];
  await room.rows.giveUp(lost.photoId);
  await expect(madeOf(ada, lost)).rejects.toMatchObject({ code: 'body_incomplete' });
  await madeOf(ada, kept);
  await room.photos.takeBack(kept.photoId);
  const photo = (await room.photosOf(ada)).find(({ id }) => id === kept.photoId);
  expect(photo?.state).toBe('processing');
  expect(await room.objects(photo?.folder ?? '')).toEqual(['original']);
});

test('a closed account gets no photo', async () => {
  const ada = await room.person();
  const original = await stored(ada, jpeg(500));
  await room.database.query('UPDATE users SET closed_at = now() WHERE id = $1', [ada]);
  expect(await madeOf(ada, original)).toBeNull();
});

test('the bytes of an avatar make another photo, which can be posted', async () => {
  const ada = await room.person();
  const avatar = await madeOf(ada, await stored(ada, jpeg(900)));
  await room.database.query('UPDATE users SET avatar_photo_id = $2 WHERE id = $1', [ada, avatar?.id]);
  const made = await madeOf(ada, await stored(ada, jpeg(900)));
  expect(made?.existed).toBe(false);
  expect(await madeOf(ada, await stored(ada, jpeg(900)))).toEqual({ id: made?.id, existed: true });
});

test('deleting twice succeeds; a photo of somebody else is not found, one that a profile shows is in use', async () => {
  const [ada, grace] = [await room.person(), await room.person()];
  const { photoId } = await stored(ada, jpeg(600));
  await expect(room.photos.remove(ada, photoId, nowhere)).rejects.toMatchObject({ code: 'not_found' });
  await madeOf(ada, { ...(await stored(ada, jpeg(700))), photoId });
  await expect(room.photos.remove(grace, photoId, nowhere)).rejects.toMatchObject({ code: 'not_found' });
  await room.database.query('UPDATE users SET avatar_photo_id = $2 WHERE id = $1', [ada, photoId]);
  await expect(room.photos.remove(ada, photoId, nowhere)).rejects.toMatchObject({ code: 'photo_in_use' });
  await room.database.query('UPDATE users SET avatar_photo_id = NULL WHERE id = $1', [ada]);
  await room.photos.remove(ada, photoId, nowhere);
  await room.photos.remove(ada, photoId, nowhere);
  await expect(room.photos.change(ada, photoId, 'Fog')).rejects.toMatchObject({ code: 'not_found' });
});
