import { afterAll, beforeAll, expect, test } from 'vitest';
import { PhotoRoom } from '../../../../test/harness/photo-room.js';

let room: PhotoRoom;

beforeAll(async () => {
  room = await PhotoRoom.open({ QUOTA_BYTES: 1_000, QUOTA_PHOTOS_PER_DAY: 3 });
});
afterAll(() => room.close());

const exceeded = (quota: string, actual: number) => ({ code: 'quota_exceeded', params: { quota, actual } });

async function photoOf(owner: string, bytes: number) {
  const photoId = await room.rows.begin(owner, `aa/${'0'.repeat(30)}`);
  const original = { bytes, type: 'image/jpeg', altText: '', sha256: Buffer.from(photoId) };
  return room.work.run((tx) => room.photos.make(tx, owner, { photoId }, original));
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
    const made = await photoOf(ada, 900);
    await room.photos.remove(ada, made?.id ?? '');
  }
  await expect(room.quota.assertRoom(ada, 900)).rejects.toMatchObject(exceeded('photosPerDay', 4));
  await expect(photoOf(ada, 900)).rejects.toMatchObject(exceeded('photosPerDay', 4));
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
