import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { patient } from '../harness/pace.js';
import { signUp, type Person } from '../harness/people.js';
import { drawn } from '../harness/pictures.js';
import { descendantsOf, freeze } from '../harness/process-tree.js';
import { startStack, type Stack } from '../harness/stack.js';

/** Longer than the minute of CPU time that a photo may take: a suspended machine uses none. */
const STOPPED = 65_000;

let stack: Stack;
let ada: Person;

beforeAll(async () => {
  stack = await startStack({ env: { DEVELOP_CONCURRENCY: '1' } });
  ada = await signUp(stack, 'ada');
});
afterAll(() => stack?.stop());

const picture = (seed: number) => drawn({ width: 320, height: 240, seed });

test(
  'a photo whose child stood still for 65 seconds is ready, by the attempt that was under way',
  async () => {
    // Once it has developed a photo, the child exists.
    await ada.upload(await picture(41));
    const { thaw } = freeze(descendantsOf(stack.worker.pid));
    const photo = await ada.send(await picture(42));
    const attempt = async () => {
      const [row] = await stack.database.query(
        `SELECT state, attempt, crashes, error, attempted_at IS NOT NULL AS begun FROM photos WHERE id = $1`,
        [photo.id],
      );
      return row;
    };
    const underWay = { state: 'processing', attempt: 1, crashes: 0, error: null, begun: true };
    try {
      await expect.poll(attempt, { timeout: patient(30_000) }).toEqual(underWay);
      await sleep(STOPPED);
      expect(await attempt()).toEqual(underWay);
    } finally {
      thaw();
    }
    expect(await ada.settled(photo)).toMatchObject({ state: 'ready', rejection: null });
    expect(await attempt()).toMatchObject({ attempt: 1, crashes: 0, error: null });
  },
  patient(180_000),
);
