import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { modelSeed } from '../harness/env.js';
import { JournalRun } from '../harness/journal-run.js';
import { patient } from '../harness/pace.js';
import { descendantsOf, freeze } from '../harness/process-tree.js';
import { mayMount } from '../harness/small-disk.js';
import { FaultStack } from '../servers/fault-stack.js';
import { signal } from '../../tools/dev/processes.ts';

/** How long a process stays suspended: longer than every time-out on the way, shorter than clients' patience. */
const STOPPED = 10_000;
const LIMIT = patient(300_000);

let stack: FaultStack;
let run: JournalRun;

beforeAll(async () => {
  const seed = modelSeed();
  console.log(`the journal: seed ${seed}`);
  stack = await FaultStack.start();
  run = await JournalRun.start(stack, seed);
});
afterAll(async () => {
  await run?.end();
  console.log(run?.journal.table());
  await stack?.stop();
});

/** Waits until everybody is idle, and compares everything with the journal. */
async function expectAllKept(): Promise<void> {
  await run.settle();
  const { found, writes } = run.journal;
  console.log(`the journal: ${writes} acknowledged writes, ${found.length} of them not as acknowledged`);
  expect(found.splice(0), 'lost, double, drifted').toEqual([]);
}

/** The worker's decoding processes; there is one as soon as there is a photo. */
async function childrenOfWorker(): Promise<number[]> {
  for (;;) {
    const found = descendantsOf(stack.worker.pid);
    if (found.length > 0) return found;
    await sleep(5);
  }
}

async function stopped(pids: readonly number[]): Promise<void> {
  const { thaw } = freeze(pids);
  await sleep(STOPPED).finally(thaw);
}

describe('every write that was acknowledged is there once, and nothing else, after kill -9 of', () => {
  test(
    'each process, and of all at once',
    async () => {
      const [api] = stack.apis;
      await run.under('an api is killed', async () => {
        await api.kill();
        await api.start();
      });
      await run.under('the worker is killed', async () => {
        await stack.worker.kill();
        await stack.worker.start();
      });
      await run.under('a child of the worker is killed', async () => {
        for (const pid of await childrenOfWorker()) signal(pid, 'SIGKILL');
      });
      await run.under('PostgreSQL is killed', async () => {
        await stack.postgres.kill();
        await stack.postgres.start();
      });
      await run.under('Redis is killed', async () => {
        await stack.redis.kill();
        await stack.redis.start();
      });
      await run.under('everything is killed', async () => {
        const applications = [...stack.apis, stack.worker];
        await Promise.all([...applications, stack.postgres, stack.redis].map((one) => one.kill()));
        await Promise.all([stack.postgres.start(), stack.redis.start()]);
        await Promise.all(applications.map((one) => one.start()));
      });
      await expectAllKept();
    },
    LIMIT,
  );
});

describe('and after', () => {
  test(
    'each process stood still for ten seconds',
    async () => {
      await run.under('an api and the worker stop', () => stopped([stack.apis[0].pid, stack.worker.pid]));
      await run.under('PostgreSQL stops', () => stopped(stack.postgres.pids));
      await run.under("Redis and the worker's children stop", async () =>
        stopped([...(await childrenOfWorker()), ...stack.redis.pids]),
      );
      await expectAllKept();
    },
    LIMIT,
  );

  test.skipIf(!mayMount)(
    'the disk was full, which only photos are refused for',
    async () => {
      await run.under('the disk is full', async () => {
        await run.whileRoomless(() => stack.disk.fill());
        stack.disk.empty();
        await run.untilTaken();
      });
      await expectAllKept();
    },
    LIMIT,
  );

  test(
    'Redis was emptied, came back with an old dump, and hung while the worker was late',
    async () => {
      await run.under('Redis is emptied', () => stack.command('FLUSHALL'));
      await stack.command('SAVE');
      await run.under('Redis comes back with an old dump', async () => {
        await stack.redis.kill();
        await stack.redis.start();
      });
      await run.under('Redis hangs while the worker is late', async () => {
        // Killed, not suspended: otherwise its open transaction would keep its locks.
        await stack.worker.kill();
        for (let hang = 1; hang <= 3; hang += 1) {
          const redis = freeze(stack.redis.pids);
          await sleep(400).finally(redis.thaw);
          await sleep(400);
        }
        await run.untilForgotten();
        await stack.worker.start();
      });
      await expectAllKept();
    },
    LIMIT,
  );

  test(
    'connections were lost',
    async () => {
      await run.under("PostgreSQL ends everybody's connection", async () => {
        for (let round = 1; round <= 3; round += 1) {
          await stack.query(
            'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()',
          );
          await sleep(300);
        }
      });
      await run.under("Redis ends everybody's connection", async () => {
        for (let round = 1; round <= 3; round += 1) {
          await stack.command('CLIENT', 'KILL', 'TYPE', 'normal');
          await stack.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
          await sleep(300);
        }
      });
      await run.under('the network is cut', async () => {
        for (let round = 1; round <= 3; round += 1) {
          for (const cable of stack.cables) cable.cut();
          stack.tunnel.cut();
          await sleep(700);
          for (const cable of stack.cables) await cable.mend();
          await sleep(500);
        }
      });
      await expectAllKept();
    },
    LIMIT,
  );
});
