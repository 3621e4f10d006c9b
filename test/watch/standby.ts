import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { makeReplica, slot } from '../../tools/fleet/replica.ts';
import { startPostgres } from '../../tools/dev/postgres.ts';
import { servers } from '../harness/servers.js';

/** A replica of the run's PostgreSQL, whose replay can be delayed, as a long read does. */
export interface Standby {
  pause(): Promise<void>;
  resume(): Promise<void>;
  stop(): Promise<void>;
}

async function ask(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

export async function startStandby(): Promise<Standby> {
  const { folder, postgres } = servers();
  const dir = join(folder, 'standby');
  mkdirSync(dir);
  await makeReplica({ url: postgres, dir: join(folder, 'postgres') }, dir);
  const { hostname, port, username, password } = new URL(postgres);
  const conninfo = `host=${hostname} port=${port} user=${username} password=${password} application_name=standby`;
  const server = await startPostgres({
    dir,
    durable: false,
    logFile: join(folder, 'standby.log'),
    settings: { primary_conninfo: conninfo, primary_slot_name: slot, shared_buffers: '16MB' },
  });
  return {
    pause: () => ask(server.operatorUrl, 'SELECT pg_wal_replay_pause()'),
    resume: () => ask(server.operatorUrl, 'SELECT pg_wal_replay_resume()'),
    stop: async () => {
      await server.stop();
    },
  };
}
