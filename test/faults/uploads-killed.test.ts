import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Photo } from '../harness/contract.js';
import { signUp, type Person } from '../harness/people.js';
import { drawn } from '../harness/pictures.js';
import { startStack, type Stack } from '../harness/stack.js';
import { patient } from '../harness/pace.js';

vi.setConfig({ testTimeout: patient(300_000) });

const ROUNDS = 4;
const AT_ONCE = 4;

let stack: Stack;
let ada: Person;

beforeAll(async () => {
  stack = await startStack({ env: { RATE_LIMITS: 'off' } });
  ada = await signUp(stack, 'ada');
});
afterAll(() => stack.stop());

/** The photo, or null when the process was killed before it responded. */
async function send(bytes: Buffer): Promise<string | null> {
  try {
    const response = await ada
      .request('post', '/v1/photos')
      .attach('file', bytes, { filename: 'holiday.jpg', contentType: 'image/jpeg' });
    return [200, 202].includes(response.status) ? (response.body as Photo).id : null;
  } catch {
    return null;
  }
}

interface Row {
  id: string;
  state: string;
  folder: string;
  sha256: Buffer | null;
}

const rows = (): Promise<Row[]> =>
  stack.database.query<Row>('SELECT id::text, state, folder, sha256 FROM photos WHERE owner_id = $1', [
    ada.id,
  ]);

test('kill -9 at any moment of uploads takes no quota and leaves no photo without its bytes; a retry makes one', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const pictures = await Promise.all(
      Array.from({ length: AT_ONCE }, (_, index) =>
        drawn({ seed: 9_000 + round * AT_ONCE + index, width: 1_600, height: 1_200 }),
      ),
    );
    const sending = pictures.map(({ bytes }) => send(bytes));
    // From before the first row to after the last response.
    await sleep(round * 30);
    await stack.api.kill();
    await Promise.all(sending);
    await stack.api.start();
    const again = await Promise.all(pictures.map(({ bytes }) => send(bytes)));
    expect(again).not.toContain(null);
    expect(new Set(again).size).toBe(AT_ONCE);
  }
  await stack.folded();
  const all = await rows();
  const whole = all.filter(({ state }) => state !== 'uploading');
  expect(whole.map(({ state }) => state)).toEqual(whole.map(() => 'ready'));
  expect(whole).toHaveLength(ROUNDS * AT_ONCE);
  for (const { folder } of whole) expect(existsSync(join(stack.objects, folder, 'original'))).toBe(true);
  // Interrupted uploads are no photos, and the daily count has only the finished ones.
  expect(all.filter(({ state, sha256 }) => state === 'uploading' && sha256 !== null)).toEqual([]);
  const usage = await stack.database.query('SELECT photos FROM photo_usage WHERE owner_id = $1', [ada.id]);
  expect(usage).toEqual([{ photos: ROUNDS * AT_ONCE }]);
  // They hold the quota that they declared until they are old: then the sweeper deletes them, with any objects that they left in the store.
  await stack.database.query(
    `UPDATE photos SET created_at = created_at - interval '3 hours' WHERE state = 'uploading'`,
  );
  for (let left = 1; left > 0; await sleep(200)) left = (await rows()).length - ROUNDS * AT_ONCE;
  const folders = readdirSync(stack.objects, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name === 'original')
    .map((entry) => entry.parentPath.slice(stack.objects.length + 1));
  expect(folders.toSorted()).toEqual(whole.map(({ folder }) => folder).toSorted());
});
