import { renameSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Photo } from './harness/contract.js';
import { patient } from './harness/pace.js';
import { signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { descendantsOf } from './harness/process-tree.js';
import { startStack, type Stack } from './harness/stack.js';
import { signal as signalOne } from '../tools/dev/processes.ts';

let stack: Stack;
let ada: Person;
let grace: Person;
let seed = 9_000;

beforeAll(async () => {
  stack = await startStack({ env: { DEVELOP_CONCURRENCY: '1' } });
  [ada, grace] = await Promise.all([signUp(stack, 'ada'), signUp(stack, 'grace')]);
});
afterAll(() => stack?.stop());

const picture = () => drawn({ width: 320, height: 240, seed: (seed += 1) });

/** The processes that open photos and those of their walls, once one was developed: two when a photo arrived while the first was starting. */
async function children(): Promise<number[]> {
  await grace.upload(await picture());
  return descendantsOf(stack.worker.pid);
}

const signal = (pids: readonly number[], name: NodeJS.Signals): void => {
  for (const pid of pids) signalOne(pid, name);
};

/** The children, suspended: a photo sent now stays in one of them. */
async function stopped(): Promise<number[]> {
  const pids = await children();
  signal(pids, 'SIGSTOP');
  return pids;
}

interface Attempts {
  state: string;
  attempt: number;
  crashes: number;
  error: string | null;
  failing: boolean;
  working: boolean;
}

async function attemptsOf({ id }: Pick<Photo, 'id'>): Promise<Attempts> {
  const [row] = await stack.database.query<Attempts>(
    `SELECT state, attempt, crashes, error, failing_since IS NOT NULL AS failing,
       attempted_at IS NOT NULL AS working FROM photos WHERE id = $1`,
    [id],
  );
  return row as Attempts;
}

const until = (photo: Pick<Photo, 'id'>, wanted: Partial<Attempts>, what: string) =>
  expect.poll(() => attemptsOf(photo), { timeout: patient(30_000), message: what }).toMatchObject(wanted);

/** Prevents the next attempt, or makes it begin now. */
const due = ({ id }: Photo, when: "'infinity'" | 'now()') =>
  stack.database.query(`UPDATE photos SET due_at = ${when} WHERE id = $1`, [id]);

/** Waits for two heartbeats of the worker since an attempt began: the child has its photo by then. */
async function untilUnderWay(photo: Photo): Promise<void> {
  await until(photo, { working: true }, 'an attempt');
  const at = async () => {
    const [row] = await stack.database.query<{ at: string }>(
      'SELECT extract(epoch FROM attempted_at) AS at FROM photos WHERE id = $1',
      [photo.id],
    );
    return Number(row?.at);
  };
  const begun = await at();
  await expect.poll(at, { timeout: patient(30_000) }).toBeGreaterThan(begun + 2);
}

/** Kills the child of this attempt, and prevents another; false when it had not got the photo, which does not count. */
async function killedIn(photo: Photo, pids: readonly number[]): Promise<boolean> {
  await untilUnderWay(photo);
  signal(pids, 'SIGKILL');
  await until(photo, { failing: true, working: false }, 'the death is noted');
  await due(photo, "'infinity'");
  return (await attemptsOf(photo)).error?.includes('SIGKILL') ?? false;
}

/** Kills the child of an attempt while it has the photo open. */
async function crash(photo: Photo): Promise<void> {
  for (let died = false; !died;) {
    const pids = await stopped();
    await due(photo, 'now()');
    died = await killedIn(photo, pids);
  }
}

async function sentAndCrashed(): Promise<Photo> {
  const pids = await stopped();
  const photo = await ada.send(await picture());
  if (!(await killedIn(photo, pids))) await crash(photo);
  return photo;
}

describe('a good photo is ready in the end', () => {
  test('although its worker was killed once, and then its child', async () => {
    const pids = await stopped();
    const photo = await ada.send(await picture());
    await until(photo, { working: true, attempt: 1 }, 'an attempt');
    await stack.worker.kill();
    signal(pids, 'SIGKILL');
    await stack.worker.start();
    await expect
      .poll(() => attemptsOf(photo), { timeout: patient(30_000) })
      .toMatchObject({ state: 'ready' });
    const second = await sentAndCrashed();
    await due(second, 'now()');
    expect(await ada.settled(second)).toMatchObject({ state: 'ready' });
    expect(stack.worker.log()).toMatch(/"reason":"the develop child ended with SIGKILL/);
  });

  test('although its original was away for a while, as on a disk that is not mounted', async () => {
    const pids = await stopped();
    const photo = await ada.send(await picture());
    await until(photo, { working: true, attempt: 1 }, 'an attempt');
    renameSync(stack.objects, `${stack.objects}-away`);
    signal(pids, 'SIGCONT');
    await expect
      .poll(async () => (await attemptsOf(photo)).error, { timeout: patient(30_000) })
      .toContain('there is no object');
    expect(await attemptsOf(photo)).toMatchObject({ state: 'processing', crashes: 0 });
    rmSync(stack.objects, { recursive: true, force: true });
    renameSync(`${stack.objects}-away`, stack.objects);
    await due(photo, 'now()');
    expect(await ada.settled(photo)).toMatchObject({ state: 'ready' });
  });
});

test('a photo whose child dies three times while it is alone in it, minutes apart, is too complex', async () => {
  const photo = await sentAndCrashed();
  expect(await attemptsOf(photo)).toMatchObject({ crashes: 1 });
  for (const crashes of [2, 3]) {
    await stack.database.query(
      `UPDATE photos SET crashed_at = crashed_at - interval '3 minutes' WHERE id = $1`,
      [photo.id],
    );
    await crash(photo);
    expect(await attemptsOf(photo)).toMatchObject({ crashes });
  }
  expect(await ada.settled(photo)).toMatchObject({
    state: 'rejected',
    rejection: { code: 'too_complex' },
  });
  expect(stack.worker.log()).toMatch(/"reason":"3 children died of it: the develop child ended with SIGKILL/);
});
