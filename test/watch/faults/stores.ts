import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { servers } from '../../harness/servers.js';
import type { WatchFixtures } from '../fixtures.js';
import { lasting, UnderWay, type Fault } from './fault.js';

const slowPostgres: Fault = {
  what: 'PostgreSQL is slow',
  alerts: ['StoreIsSlow'],
  cause: ({ toPostgres }) => toPostgres.slow(900),
  mend: ({ toPostgres }) => toPostgres.slow(0),
};

const heldUpReplica: Fault = {
  what: 'a replica is held up',
  alerts: ['ReplicaLags'],
  cause: ({ standby }) => standby.pause(),
  mend: ({ standby }) => standby.resume(),
};

/** Takes 170 of the 200 connections of the run's server: the rest suffices for other tests. */
function manyConnections(): Fault {
  const TAKEN = 170;
  let clients: pg.Client[] = [];
  return {
    what: 'connections run out',
    alerts: ['ConnectionsRunOut'],
    cause: async () => {
      const first = new pg.Client({ connectionString: servers().postgres });
      await first.connect();
      const { rows } = await first.query<{ count: number }>('SELECT count(*)::int FROM pg_stat_activity');
      const more = Math.max(0, TAKEN - (rows[0]?.count ?? 0));
      const rest = Array.from({ length: more }, () => new pg.Client(servers().postgres));
      clients = [first, ...rest];
      for (const client of rest) await client.connect();
    },
    mend: () => Promise.all(clients.map((client) => client.end())),
  };
}

/** One person's keys, each a kilobyte, which expire after two minutes. */
async function ballast(fixtures: WatchFixtures, from: number, count: number): Promise<void> {
  const pipeline = fixtures.stack.redis.client().pipeline();
  for (let at = from; at < from + count; at += 1) pipeline.set(`ballast:${at}`, 'x'.repeat(1_000), 'EX', 120);
  await pipeline.exec();
}

const fullRedis: Fault = {
  what: "Redis's memory is full",
  alerts: ['RedisIsFull', 'RedisEvicts'],
  cause: async (fixtures) => {
    const redis = fixtures.stack.redis.client();
    await ballast(fixtures, 0, 20_000);
    await redis.config('SET', 'maxmemory-policy', 'volatile-lru');
    const used = /^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1];
    await redis.config('SET', 'maxmemory', String(used));
    await ballast(fixtures, 20_000, 10_000);
  },
  mend: async ({ stack }) => {
    const redis = stack.redis.client();
    await redis.config('SET', 'maxmemory', '0');
    await redis.config('SET', 'maxmemory-policy', 'noeviction');
  },
};

/** Suspended for half of the time, as on a machine whose cores are busy with other work. */
const lateLoop = lasting(
  { what: 'an event loop stands still', alerts: ['LoopLags'] },
  ({ crowded: { pid } }) =>
    new UnderWay(1, 400, async () => {
      process.kill(pid, 'SIGSTOP');
      await sleep(400);
      process.kill(pid, 'SIGCONT');
    }),
);

const failedBackups: Fault = {
  what: 'backups fail, and WAL was dropped',
  alerts: ['BackupIsOld', 'BackupFails', 'WalIsMissing'],
  cause: ({ stack }) =>
    stack.database.query(`INSERT INTO backups (kind, begun_at, ended_at, good, sentence)
      SELECT kind, now() - age, now() - age, good, 'said by a test.' FROM (VALUES
        ('backup', interval '4 days', true), ('verify', interval '1 s', false), ('wal', interval '1 s', false)) AS v (kind, age, good)`),
  mend: ({ stack }) => stack.database.query('DELETE FROM backups'),
};

/** Writes a little and begins another segment; the archiver is told. */
const switchWal = ({ stack }: WatchFixtures) =>
  stack.database.query(`SELECT pg_logical_emit_message(false, 'test', 'test'), pg_switch_wal()`);

function archiveAway(): Fault {
  // Relative to PostgreSQL's folder: test/setup/servers.ts.
  const away = () => join(servers().folder, 'postgres', 'cluster', 'archive-is-away');
  return {
    what: "the backups' repository is away",
    alerts: ['WalWaits'],
    cause: async (fixtures) => {
      writeFileSync(away(), '');
      for (let count = 0; count < 10; count += 1) await switchWal(fixtures);
    },
    mend: async (fixtures) => {
      rmSync(away());
      await switchWal(fixtures);
    },
  };
}

export const storeFaults: readonly Fault[] = [
  failedBackups,
  archiveAway(),
  slowPostgres,
  heldUpReplica,
  manyConnections(),
  fullRedis,
  lateLoop,
];
