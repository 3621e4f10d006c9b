import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Response } from 'supertest';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { refused } from '../harness/answers.js';
import type { Page, Post, Relationship } from '../harness/contract.js';
import { patient } from '../harness/pace.js';
import { signUp, type Person } from '../harness/people.js';
import { drawn } from '../harness/pictures.js';
import { freeze } from '../harness/process-tree.js';
import { untilQuiet } from '../harness/quiet.js';
import {
  applicationsOn,
  askOnce,
  migrate,
  mortalPostgres,
  mortalRedis,
  type MortalServer,
} from '../servers/mortal-servers.js';
import { bouncerInstalled, mortalPgbouncer } from '../servers/pgbouncer.js';

vi.setConfig({ testTimeout: patient(60_000) });

if (!bouncerInstalled) console.warn('PgBouncer is skipped: `npm run fleet` installs it');

describe.skipIf(!bouncerInstalled)('behind PgBouncer in transaction mode', () => {
  let postgres: MortalServer;
  let redis: MortalServer;
  let bouncer: MortalServer;
  let applications: Awaited<ReturnType<typeof applicationsOn>>;
  let ada: Person;
  let fans: Person[];
  let post: Post;
  let acts: (() => Promise<Response>)[];

  const seen = { done: 0, refused: 0, comments: 0 };

  beforeAll(async () => {
    [postgres, redis] = await Promise.all([mortalPostgres('bounced'), mortalRedis('bounced')]);
    migrate(postgres);
    bouncer = await mortalPgbouncer('bounced', postgres);
    applications = await applicationsOn('bounced', { databaseUrl: bouncer.url, redisUrl: redis.url });
    const { api } = applications;
    ada = await signUp(api, 'ada');
    fans = await Promise.all(['grace', 'joan', 'mary'].map((name) => signUp(api, name)));
    post = await ada.post([await ada.upload(await drawn())]);
    acts = fans.flatMap((fan) => [
      async () => fan.request('get', '/v1/me'),
      async () => fan.request('post', `/v1/posts/${post.id}/comments`, { text: 'Fog' }),
      async () => fan.request('put', `/v1/posts/${post.id}/like`),
      async () => fan.request('put', `/v1/users/${ada.id}/follow`),
      async () => fan.request('put', `/v1/posts/${post.id}/save`),
    ]);
  });
  afterAll(async () => {
    await Promise.all([applications?.api.stop(), applications?.worker.stop()]);
    await Promise.all([bouncer?.stop(), redis?.stop()]);
    await postgres?.stop();
  });

  /** Done, or asked to retry: never rejected for good, and never an internal error. */
  function expectAwayOrDone(answer: Response): void {
    if (answer.status < 300) {
      seen.done += 1;
      if (answer.status === 201) seen.comments += 1;
      return;
    }
    seen.refused += 1;
    refused(answer, 503, 'unavailable');
    expect(answer.headers['retry-after']).toMatch(/^\d+$/);
  }

  async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    for (const deadline = Date.now() + patient(30_000); !(await holds()); await sleep(20))
      if (Date.now() > deadline) throw new Error(`expected that ${what}`);
  }

  const more = (what: 'done' | 'refused', count: number): Promise<void> => {
    const enough = seen[what] + count;
    return until(`${count} more acts are ${what}`, () => seen[what] >= enough);
  };

  /** Everybody acts over and over, before, during and after the fault. */
  async function under(fault: () => Promise<void>): Promise<void> {
    let isOver = false;
    const acting = acts.map(async (act) => {
      for (; !isOver; await sleep(20)) expectAwayOrDone(await act());
    });
    const faulty = more('done', acts.length)
      .then(fault)
      .then(() => more('done', 2 * acts.length))
      .finally(() => (isOver = true));
    await Promise.all([faulty, ...acting]);
  }

  const endSessions = () =>
    askOnce(
      postgres.operatorUrl,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`,
    );

  test('sessions of PostgreSQL end in the middle of transactions', async () => {
    await under(async () => {
      for (let round = 1; round <= 15; round += 1) {
        await endSessions();
        await more('done', 5);
      }
    });
    expect(seen.refused).toBeGreaterThan(0);
  });

  test('PgBouncer stands still until people are refused', async () => {
    await under(async () => {
      const { thaw } = freeze(bouncer.pids);
      await more('refused', 1).finally(thaw);
    });
  });

  test('PgBouncer dies and comes back', async () => {
    await under(async () => {
      await bouncer.kill();
      await more('refused', acts.length);
      await bouncer.start();
    });
  });

  test('PgBouncer is told to pause, and nobody is refused', async () => {
    const url = new URL(bouncer.operatorUrl);
    url.pathname = '/pgbouncer';
    const consoled = new pg.Client({ connectionString: url.href });
    await consoled.connect();
    const before = seen.refused;
    await under(async () => {
      await consoled.query('PAUSE narwhal');
      await until('some wait', async () => {
        const { rows } = await consoled.query<{ database: string; cl_waiting: unknown }>('SHOW POOLS');
        return rows.some(({ database, cl_waiting }) => database === 'narwhal' && Number(cl_waiting) > 1);
      });
      await consoled.query('RESUME narwhal');
    });
    await consoled.end();
    expect(seen.refused).toBe(before);
  });

  test('PostgreSQL dies behind it and comes back', async () => {
    await under(async () => {
      await postgres.kill();
      await more('refused', 1);
      await postgres.start();
    });
  });

  /** A transaction that bypasses PgBouncer and holds a lock until `release`. */
  async function holding(sql: string): Promise<{ release: () => Promise<void> }> {
    const holder = new pg.Client({ connectionString: postgres.operatorUrl });
    await holder.connect();
    await holder.query(`BEGIN; ${sql}`);
    return { release: () => holder.end() };
  }

  test('a statement that waits for too long is given up, and its session serves nobody else', async () => {
    const { release } = await holding('LOCK TABLE users IN ACCESS EXCLUSIVE MODE');
    refused(await ada.request('get', '/v1/me'), 503, 'unavailable');
    await release();
    await under(() => Promise.resolve());
  });

  test('locks are held until the end of a transaction, and no session keeps one', async () => {
    const [grace] = fans as [Person];
    const advisory = (where: string) =>
      askOnce(
        postgres.operatorUrl,
        `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND ${where} AND database =
           (SELECT oid FROM pg_database WHERE datname = current_database())`,
      );
    await untilQuiet(applications.worker.metricsUrl);
    const { release } = await holding(`SELECT pg_advisory_xact_lock(${ada.id})`);
    const followed = Promise.resolve(grace.request('delete', `/v1/users/${ada.id}/follow`));
    await until('it waits for the account', async () => (await advisory('NOT granted')).length > 0);
    await release();
    expect((await followed).status).toBe(200);

    for (let round = 1; round <= 10; round += 1) {
      const [follow, block] = await Promise.all([
        grace.request('put', `/v1/users/${ada.id}/follow`),
        ada.request('put', `/v1/users/${grace.id}/block`),
      ]);
      expect([200, 404]).toContain(follow.status);
      expect(block.body as Relationship).toMatchObject({ blocking: true, followedBy: false });
      const ends = `SELECT 1 FROM follows WHERE follower_id = ${grace.id} AND followee_id = ${ada.id}`;
      expect(await askOnce(postgres.operatorUrl, ends)).toEqual([]);
      await ada.request('delete', `/v1/users/${grace.id}/block`).expect(200);
    }
    await untilQuiet(applications.worker.metricsUrl);
    await until('no lock is left', async () => (await advisory('true')).length === 0);
  });

  test('what was acknowledged is there, and nothing was an error of ours', async () => {
    await untilQuiet(applications.worker.metricsUrl);
    const { api, worker } = applications;
    const { counts } = await ada.see(post);
    expect(counts.comments).toBeGreaterThanOrEqual(seen.comments);
    const page = await ada.request('get', `/v1/users/${ada.id}/followers`).expect(200);
    expect((page.body as Page<{ id: string }>).items).toHaveLength(fans.length - 1);
    for (const { metricsUrl } of [api, worker]) {
      const metrics = await (await fetch(metricsUrl)).text();
      const reported = metrics
        .split('\n')
        .filter((line) => /^narwhal_errors_reported_total.* [1-9]/.test(line));
      expect(reported).toEqual([]);
    }
    expect(api.log()).not.toContain('a request failed unforeseen');
  });
});
