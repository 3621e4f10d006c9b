import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import pg from 'pg';
import { afterAll, describe, expect, it } from 'vitest';
import { startPostgres as postgres } from './postgres.ts';
import { startRedis as redisServer } from './redis.ts';
import type { RunningServer } from './processes.ts';

// mkdtemp makes it with mode 700: root's servers must reach their data in it all the same.
const folder = mkdtempSync(join(tmpdir(), 'narwhal-servers-'));

const started: RunningServer[] = [];

/** Recorded, so that a failed test leaves no server behind. */
async function remembered(starting: Promise<RunningServer>): Promise<RunningServer> {
  const server = await starting;
  started.push(server);
  return server;
}

const startPostgres: typeof postgres = (options) => remembered(postgres(options));
const startRedis: typeof redisServer = (options) => remembered(redisServer(options));

async function ask(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows.flatMap((row) => Object.values(row));
  } finally {
    await client.end();
  }
}

describe('PostgreSQL', () => {
  const dir = join(folder, 'postgres');

  it('comes back with its data, on its port, right after kill -9', async () => {
    const first = await startPostgres({ dir });
    await ask(first.operatorUrl, "create table kept as select 'ß'::text as letter");
    await first.kill();
    const second = await startPostgres({ dir, port: first.port });
    expect([second.url, second.operatorUrl]).toEqual([first.url, first.operatorUrl]);
    expect(await ask(second.operatorUrl, 'select letter from kept')).toEqual(['ß']);
    expect(
      await ask(
        second.operatorUrl,
        "select current_setting('server_encoding') as text, current_setting('fsync') as sync",
      ),
    ).toEqual(['UTF8', 'on']);
    await second.stop();
  });

  it('does not touch data of another version', async () => {
    const version = join(dir, 'cluster', 'PG_VERSION');
    writeFileSync(version, '17\n');
    await expect(startPostgres({ dir })).rejects.toThrow(
      /was made by PostgreSQL 17; this Narwhal brings PostgreSQL 18/,
    );
    writeFileSync(version, '18\n');
  });

  it('starts over a lock file whose process number is somebody else’s now', async () => {
    const lock = join(dir, 'cluster', 'postmaster.pid');
    writeFileSync(lock, `${process.pid}\n`);
    chmodSync(lock, 0o600);
    const server = await startPostgres({ dir });
    expect(await ask(server.operatorUrl, 'select 1')).toEqual([1]);
    await server.stop();
  });
});

describe('Redis', () => {
  async function withClient<T>(url: string, work: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis(url).on('error', () => undefined);
    return work(redis).finally(() => redis.disconnect());
  }

  it('keeps its keys over a stop when it is persistent, and none when not', async () => {
    for (const persistent of [true, false]) {
      const dir = join(folder, `redis-${persistent}`);
      const first = await startRedis({ dir, persistent });
      await withClient(first.url, (redis) => redis.set('key', 'value'));
      await first.stop();
      const second = await startRedis({ dir, persistent, port: first.port });
      expect(await withClient(second.url, (redis) => redis.get('key'))).toBe(persistent ? 'value' : null);
      await second.stop();
    }
  });

  it('lets api and worker read and write, and neither empty, reconfigure nor stop it', async () => {
    const server = await startRedis({ dir: join(folder, 'redis-users'), persistent: false });
    const refused = [
      'FLUSHALL',
      'FLUSHDB',
      'KEYS *',
      'CONFIG GET requirepass',
      'CONFIG SET maxmemory 1',
      'SCRIPT FLUSH',
      'FUNCTION FLUSH',
      'SHUTDOWN NOSAVE',
      'ACL LIST',
      'ACL SETUSER default on nopass',
      'MODULE LIST',
      'REPLICAOF NO ONE',
      'CLIENT LIST',
      'MONITOR',
      'SWAPDB 0 1',
      'SAVE',
    ];
    await withClient(server.url, async (redis) => {
      const answers: Record<string, string> = {};
      for (const command of refused) {
        const [name = '', ...words] = command.split(' ');
        answers[command] = await redis.call(name, words).then(String, ({ message }: Error) => message);
      }
      const permitted = refused.filter((command) => !answers[command]?.startsWith('NOPERM'));
      expect(permitted).toEqual([]);
      const run = `redis.call('SET', KEYS[1], ARGV[1]) return redis.call('GET', KEYS[1])`;
      expect(await redis.eval(run, 1, 'key', 'value')).toBe('value');
      await expect(redis.eval(`return redis.call('FLUSHALL')`, 0)).rejects.toThrow(/permission|can't run/);
      expect(await redis.info('memory')).toContain('maxmemory_policy:noeviction');
    });
    await withClient(server.operatorUrl, (redis) => redis.flushall());
    expect(await withClient(server.url, (redis) => redis.get('key'))).toBeNull();
    await server.stop();
  });

  it('refuses strangers', async () => {
    const server = await startRedis({ dir: join(folder, 'redis-closed'), persistent: false });
    const stranger = new URL(server.url);
    stranger.username = '';
    stranger.password = '';
    await expect(withClient(stranger.href, (redis) => redis.get('key'))).rejects.toThrow('NOAUTH');
    await server.stop();
  });
});

afterAll(async () => {
  await Promise.all(started.map((server) => server.kill()));
  rmSync(folder, { recursive: true, force: true });
});
