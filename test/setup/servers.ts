import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { migrate } from '../../libs/storage/src/database/migrate.js';
import { startPostgres } from '../../tools/dev/postgres.ts';
import type { RunningServer } from '../../tools/dev/processes.ts';
import { startRedis } from '../../tools/dev/redis.ts';
import { TEMPLATE, type Servers } from '../harness/servers.js';
import { judgeStatements } from '../harness/shards.mjs';
import { beginRun } from './run.js';

/** Migrated once; each spec's database is a copy of it, made in some 30 ms. */
async function makeTemplate({ url, operatorUrl }: RunningServer): Promise<void> {
  const client = new pg.Client({ connectionString: operatorUrl });
  await client.connect();
  await client.query(`CREATE DATABASE ${TEMPLATE}`);
  await client.end();
  const template = new URL(operatorUrl);
  template.pathname = `/${TEMPLATE}`;
  await migrate(template.href, undefined, url);
}

/** The run's PostgreSQL and Redis. */
export default async function startServers(project: TestProject): Promise<() => Promise<void>> {
  const { folder, end } = await beginRun(project);
  const [postgres, redis] = await Promise.all([
    // test/watch makes this archive fail.
    startPostgres({
      dir: join(folder, 'postgres'),
      durable: false,
      settings: { archive_mode: 'on', archive_command: 'test ! -e archive-is-away' },
    }),
    startRedis({ dir: join(folder, 'redis'), persistent: false }),
  ]);
  await makeTemplate(postgres);
  const urls = { postgres: postgres.operatorUrl, serving: postgres.url, redis: redis.operatorUrl };
  project.provide('servers', { folder, ...urls } satisfies Servers);
  return async () => {
    await Promise.all([postgres.stop(), redis.stop()]);
    try {
      judgeStatements(join(folder, 'statements'), join(import.meta.dirname, 'shardless-statements.txt'));
    } finally {
      await end();
    }
  };
}
