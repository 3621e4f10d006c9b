import { rmSync, writeFileSync } from 'node:fs';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { expect } from 'vitest';
import { patient } from '../../harness/pace.js';
import { drawn } from '../../harness/pictures.js';
import type { WatchFixtures } from '../fixtures.js';
import { lasting, UnderWay, type Fault } from './fault.js';

/** The simulated waiting time: tests cannot wait for minutes, so the waiting rows are backdated. */
const MINUTES = 11;
const ago = `now() - interval '${MINUTES} minutes'`;

const small = (seed: number) => drawn({ width: 320, height: 240, seed });

/** Effects that do not exist: each is looked up and dropped. */
async function fillQueue({ stack }: WatchFixtures): Promise<void> {
  const connection = new Redis(stack.redis.url, { maxRetriesPerRequest: null });
  const queue = new Queue('effect', { connection, prefix: '{nw-jobs}' });
  const timestamp = Date.now() - MINUTES * 60_000;
  await queue.addBulk(
    Array.from({ length: 5_100 }, (_, id) => ({
      name: 'effect',
      data: { outboxId: String(id + 1) },
      opts: { timestamp },
    })),
  );
  await queue.close();
  connection.disconnect();
}

export const nobodyWorks: Fault = {
  what: 'no worker works',
  alerts: ['NoWorker', 'QueueIsLong', 'QueueIsOld', 'WorkIsStuck'],
  cause: async (fixtures) => {
    const { stack, ada } = fixtures;
    await stack.worker.kill();
    await fillQueue(fixtures);
    await ada.send(await small(800));
    await stack.database.query(`UPDATE photos SET created_at = ${ago} WHERE state = 'processing'`);
  },
  mend: ({ stack }) => stack.worker.start(),
};

/** Backdates new rows by minutes in PostgreSQL. */
const backdated: [table: string, column: string][] = [
  ['photos', 'created_at'],
  ['posts', 'published_at'],
];

const workIsLate = lasting(
  { what: 'work takes minutes', alerts: ['PhotosAreSlow', 'DeliveryLags'] },
  async ({ stack: { database }, ada }) => {
    for (const [table, column] of backdated) {
      await database.query(
        `CREATE FUNCTION late_${table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.${column} := ${ago}; RETURN NEW; END $$`,
      );
      await database.query(
        `CREATE TRIGGER late BEFORE INSERT OR UPDATE ON ${table} FOR EACH ROW
         WHEN (NEW.${column} > now() - interval '1 minute') EXECUTE FUNCTION late_${table}()`,
      );
    }
    return new UnderWay(1, 200, async (count) => ada.post([await ada.upload(await small(1_000 + count))]));
  },
  async ({ stack: { database } }) => {
    for (const [table] of backdated) await database.query(`DROP FUNCTION late_${table} CASCADE`);
  },
);

/** Effects whose jobs nobody enqueues, as when apis do not reach the queues' Redis. */
const jobsAreLost = lasting(
  { what: 'jobs are lost', alerts: ['SweeperFindsMuch'] },
  ({ stack, ada }) =>
    new UnderWay(1, 500, () =>
      stack.database.query(
        `INSERT INTO outbox (shard, id, kind, subject_id, created_at)
         SELECT shard_of($1::bigint), next_id(shard_of($1::bigint)), 'user.changed', $1, now() - interval '10 seconds'
         FROM generate_series(1, 50)`,
        [ada.id],
      ),
    ),
);

/** A file has the place of their folder. */
const mailsWait: Fault = {
  what: 'no mail can be written',
  alerts: ['MailsWait'],
  cause: async ({ stack, ada }) => {
    rmSync(stack.mails, { recursive: true, force: true });
    writeFileSync(stack.mails, '');
    await ada.request('post', '/v1/password-resets').send({ login: ada.user.username }).expect(202);
    const tried = () =>
      stack.database.query(`SELECT FROM mails WHERE kind = 'reset' AND user_id IS NOT NULL AND attempts > 0`);
    await expect.poll(tried, { timeout: patient(30_000) }).toHaveLength(1);
    await stack.database.query(`UPDATE mails SET created_at = ${ago}`);
  },
  mend: async ({ stack }) => {
    rmSync(stack.mails);
    await stack.database.query(`UPDATE mails SET next_try_at = now() - interval '1 minute'`);
  },
};

/** Its id is young, so that no sweep deletes it. */
const nobodyDecides: Fault = {
  what: 'nobody decides on a sign-up',
  alerts: ['SignUpsWait'],
  cause: async ({ stack }) => {
    await stack.database.query(
      `INSERT INTO registrations (shard, id, username, email, password_hash, locale, created_at)
       VALUES (3, next_id(3), 'waits', 'waits@example.org', '', 'en', now() - interval '21 days')`,
    );
  },
  mend: async ({ stack }) => {
    await stack.database.query(`DELETE FROM registrations WHERE username = 'waits'`);
  },
};

/** Faults that only a worker can detect. */
export const workFaults: readonly Fault[] = [workIsLate, jobsAreLost, mailsWait, nobodyDecides];
