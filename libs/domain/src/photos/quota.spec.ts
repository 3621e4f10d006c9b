import { limits } from '@app/platform';
import { nowhere, type Original } from '@app/storage';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jpeg, PhotoRoom } from '../../../../test/harness/photo-room.js';

let room: PhotoRoom;

beforeAll(async () => {
  room = await PhotoRoom.open({ QUOTA_BYTES: 1_000, QUOTA_PHOTOS_PER_DAY: 3 });
});
afterAll(() => room.close());

const exceeded = (quota: string, actual: number) => ({ code: 'quota_exceeded', params: { quota, actual } });

async function photoOf(owner: string, bytes: number) {
  const photoId = await room.work.run((tx) => room.rows.begin(tx, owner, `aa/${'0'.repeat(30)}`, 0));
  const original = { bytes, type: 'image/jpeg', altText: '', sha256: Buffer.from(photoId) };
  return room.work.run((tx) => room.photos.make(tx, owner, { photoId }, original, photoId));
}

test('two transactions at once do not both take the last photo of a day', async () => {
  const ada = await room.person();
  await photoOf(ada, 1);
  await photoOf(ada, 1);
  const both = await Promise.allSettled([photoOf(ada, 1), photoOf(ada, 1)]);
  const refused = both.filter(({ status }) => status === 'rejected');
  expect(refused).toMatchObject([{ reason: exceeded('photosPerDay', 4) }]);
});

test('two transactions at once do not both take the last bytes', async () => {
  const ada = await room.person();
  const both = await Promise.allSettled([photoOf(ada, 600), photoOf(ada, 600)]);
  const refused = both.filter(({ status }) => status === 'rejected');
  expect(refused).toMatchObject([{ reason: exceeded('bytes', 1_200) }]);
});

test('a refused photo takes nothing: a smaller one is made on the same day', async () => {
  const ada = await room.person();
  for (let time = 0; time < 4; time += 1)
    await expect(photoOf(ada, 1_001)).rejects.toMatchObject(exceeded('bytes', 1_001));
  expect(await photoOf(ada, 1_000)).toMatchObject({ existed: false });
});

test('a deleted photo gives its bytes back, but not its day', async () => {
  const ada = await room.person();
  for (let time = 0; time < 3; time += 1) {
    const made = await photoOf(ada, 400);
    await room.photos.remove(ada, made?.id ?? '', nowhere);
  }
  await expect(room.quota.assertRoom(ada, 400)).rejects.toMatchObject(exceeded('photosPerDay', 4));
  await expect(photoOf(ada, 400)).rejects.toMatchObject(exceeded('photosPerDay', 4));
});

test('whoever deletes what they sent sends twice their quota in a day, and then no more', async () => {
  const ada = await room.person();
  for (let time = 0; time < 2; time += 1) {
    const made = await photoOf(ada, 1_000);
    await room.photos.remove(ada, made?.id ?? '', nowhere);
  }
  await expect(room.quota.assertRoom(ada, 1)).rejects.toMatchObject(exceeded('bytesPerDay', 2_001));
  await expect(photoOf(ada, 1)).rejects.toMatchObject(exceeded('bytesPerDay', 2_001));
  await room.database.query('UPDATE photo_usage SET day = day - 1');
  expect(await photoOf(ada, 1)).toMatchObject({ existed: false });
});

test('of fifteen resumable uploads at once those are begun whose declared bytes have room, until they end', async () => {
  const ada = await room.person();
  const all = await Promise.allSettled(Array.from({ length: 15 }, () => room.begin(ada, 400)));
  const refused = all.filter(({ status }) => status === 'rejected');
  expect(refused).toHaveLength(13);
  for (const one of refused) expect(one).toMatchObject({ reason: exceeded('bytes', 1_200) });
  const begun = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  await expect(photoOf(ada, 201)).rejects.toMatchObject(exceeded('bytes', 1_001));
  await room.uploads.discard(begun[0]?.id ?? '');
  expect(await photoOf(ada, 201)).toMatchObject({ existed: false });
});

test('of fifteen forms at once those are stored whose declared bytes have room, until their photos are made', async () => {
  const ada = await room.person();
  const never = new AbortController().signal;
  const all = await Promise.allSettled(
    Array.from({ length: 15 }, () =>
      room.photos.store(ada, 400, [jpeg(300)].values() as unknown as AsyncIterator<Buffer>, never),
    ),
  );
  const stored = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  expect(stored).toHaveLength(2);
  for (const one of all.filter(({ status }) => status === 'rejected'))
    expect(one).toMatchObject({ reason: exceeded('bytes', 1_200) });
  await room.photos.takeBack(stored[1]?.photoId ?? '');
  const [{ photoId, ...original } = { photoId: '' }] = stored as { photoId: string }[];
  const whole = { ...original, altText: '' } as unknown as Original;
  await room.work.run((tx) => room.photos.make(tx, ada, { photoId }, whole, photoId));
  await expect(photoOf(ada, 701)).rejects.toMatchObject(exceeded('bytes', 1_001));
  expect(await photoOf(ada, 700)).toMatchObject({ existed: false });
});

test('one more resumable or direct upload than may be open is refused, until one ends', async () => {
  const ada = await room.person();
  const { open } = limits.upload;
  const begun = await Promise.all(Array.from({ length: open }, () => room.begin(ada, 1)));
  const direct = () =>
    room.work.run((tx) => room.uploads.beginDirect(tx, ada, { type: 'image/jpeg', bytes: 1 }));
  for (const begin of [() => room.begin(ada, 1), direct])
    await expect(begin()).rejects.toMatchObject(exceeded('openUploads', open + 1));
  expect(await photoOf(ada, 1)).toMatchObject({ existed: false });
  await room.uploads.discard(begun[0]?.id ?? '');
  await expect(direct()).resolves.toBeTypeOf('string');
});

test('direct uploads hold their bytes from the start, one at a time, until they end', async () => {
  const ada = await room.person();
  const begin = () =>
    room.work.run((tx) => room.uploads.beginDirect(tx, ada, { type: 'image/jpeg', bytes: 600 }));
  const both = await Promise.allSettled([begin(), begin()]);
  expect(both.filter(({ status }) => status === 'rejected')).toMatchObject([
    { reason: exceeded('bytes', 1_200) },
  ]);
  const [first] = both.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  await expect(room.quota.assertRoom(ada, 500)).rejects.toMatchObject(exceeded('bytes', 1_100));
  expect(await room.uploads.discardDirect(ada, first ?? '')).toBe(true);
  await expect(begin()).resolves.toBeTypeOf('string');
});
