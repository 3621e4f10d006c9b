import { beforeAll, describe, expect, test } from 'vitest';
import type { Photo } from './harness/contract.js';
import { signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { sharedStack } from './harness/shared-stack.js';
import type { Stack } from './harness/stack.js';

let stack: Stack;
let ada: Person;
let seed = 8_000;

beforeAll(async () => {
  stack = await sharedStack();
  ada = await signUp(stack, 'ada');
});

const picture = async () => (await drawn({ width: 240, height: 180, seed: (seed += 1) })).bytes;

async function send(bytes: Buffer): Promise<{ status: number; id: string }> {
  const response = await ada
    .request('post', '/v1/photos')
    .attach('file', bytes, { filename: 'holiday.jpg', contentType: 'image/jpeg' });
  return { status: response.status, id: (response.body as Photo).id };
}

/** Sends the same bytes again, and expects a different photo. */
async function expectAnother(bytes: Buffer, id: string): Promise<void> {
  const again = await send(bytes);
  expect(again.status).toBe(202);
  expect(again.id).not.toBe(id);
}

const counted = async (): Promise<number> => {
  const rows = await stack.database.query<{ photos: number }>(
    'SELECT photos FROM photo_usage WHERE owner_id = $1',
    [ada.id],
  );
  return rows[0]?.photos ?? 0;
};

describe('the same bytes, sent again by the same person', () => {
  test('at once, to several processes, are one photo, counted once', async () => {
    const bytes = await picture();
    const before = await counted();
    const answers = await Promise.all(Array.from({ length: 5 }, () => send(bytes)));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 200, 200, 200, 202]);
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    expect(await counted()).toBe(before + 1);
    const rows = await stack.database.query(
      `SELECT 1 FROM photos WHERE owner_id = $1 AND (state = 'uploading' OR id = $2)`,
      [ada.id, answers[0]?.id],
    );
    expect(rows).toHaveLength(1);
  });

  test('are another photo once a post shows the first', async () => {
    const bytes = await picture();
    const first = await send(bytes);
    await ada.post([await ada.settled(first)]);
    await expectAnother(bytes, first.id);
  });

  test('are another photo once the first was rejected, or deleted', async () => {
    const whole = await picture();
    const broken = whole.subarray(0, whole.length >> 1);
    const rejected = await ada.settled(await send(broken));
    expect(rejected).toMatchObject({ state: 'rejected', rejection: { code: 'photo_damaged' } });
    await expectAnother(broken, rejected.id);
    const deleted = await send(whole);
    await ada.settled(deleted);
    await ada.request('delete', `/v1/photos/${deleted.id}`).expect(204);
    await expectAnother(whole, deleted.id);
  });

  test('are another photo after a day', async () => {
    const bytes = await picture();
    const first = await send(bytes);
    await ada.settled(first);
    const age = (hours: number) =>
      stack.database.query(
        `UPDATE photos SET created_at = now() - make_interval(hours => ${hours}) WHERE id = $1`,
        [first.id],
      );
    await age(23);
    expect(await send(bytes)).toEqual({ status: 200, id: first.id });
    await age(25);
    await expectAnother(bytes, first.id);
  });
});
