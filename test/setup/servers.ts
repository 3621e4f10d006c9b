import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { migrate } from '../../libs/storage/src/migrate.js';
import { startPostgres } from '../../scripts/postgres.ts';
import type { ProcessMark } from '../../scripts/processes.ts';
import { startRedis } from '../../scripts/redis.ts';
import { endAbandonedRuns, endRun, forget, makeRunFolder, remember } from '../harness/run-folder.js';
import { TEMPLATE, type Servers } from '../harness/servers.js';

/** Migrated once; each spec's database is a copy of it, made in some 30 ms. */
async function makeTemplate(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`CREATE DATABASE ${TEMPLATE}`);
  await client.end();
  const template = new URL(url);
  template.pathname = `/${TEMPLATE}`;
  await migrate(template.href);
}

/** The run's PostgreSQL and Redis. They end with the run in every way that it can end. */
export default async function startServers(project: TestProject): Promise<() => Promise<void>> {
  endAbandonedRuns();
  const folder = makeRunFolder();
  process.once('exit', () => endRun(folder));
  // Vitest itself ends at these without a word to anybody.
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));

  const noted = <Server extends ProcessMark>(server: Server): Server => {
    remember(folder, server);
    return server;
  };
  const [postgres, redis] = await Promise.all([
    startPostgres({ dir: join(folder, 'postgres'), durable: false }).then(noted),
    startRedis({ dir: join(folder, 'redis'), persistent: false }).then(noted),
  ]);
  await makeTemplate(postgres.url);
  project.provide('servers', { folder, postgres: postgres.url, redis: redis.url } satisfies Servers);

  return async () => {
    await Promise.all([postgres.stop(), redis.stop()]);
    for (const server of [postgres, redis]) forget(folder, server);
    endRun(folder);
  };
}
