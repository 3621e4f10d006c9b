import { chownSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { privilegeDropFor } from '../dev/privilege-drop/choice.ts';
import { childEnvironment } from '../dev/env.ts';
import { postgresPrograms } from '../dev/postgres-cluster.ts';
import { query, servingUrl, startPostgres, stopPostgres } from '../dev/postgres.ts';
import { launch } from '../dev/processes.ts';
import { startRedis, stopRedis } from '../dev/redis.ts';
import { keptSecret } from '../dev/secrets.ts';
import { findProgram } from '../dev/system-packages.ts';
import type { PartKind } from './part.ts';
import { faultOf, untilServing } from '../dev/ready.ts';
import { addressOf, type Place, type Plan } from './plan.ts';
import type { Hosts } from './hosts.ts';
import type { Release } from './release.ts';
import { makeReplica, slot } from './replica.ts';
import { Service } from './service.ts';

/** Where a fleet's data lies, and who may connect to it. */
export interface DataContext {
  plan: Plan;
  folder: string;
  hosts: Hosts;
  logFile: (name: string) => string;
}

export const passwordOf = (folder: string, server: 'postgres' | 'redis'): string =>
  keptSecret(join(folder, 'secrets', server));

/** For api and worker; `databaseUrl` is the tables' owner's. */
export function servingDatabaseUrl({ folder }: DataContext, place: Place): string {
  return servingUrl(addressOf(place), passwordOf(folder, 'postgres'));
}

export function databaseUrl({ folder }: DataContext, place: Place): string {
  return `postgres://narwhal:${passwordOf(folder, 'postgres')}@${addressOf(place)}/narwhal`;
}

/** Servers keep their password beside their data; here all servers of a kind share one. */
export function givePassword(dir: string, programs: string, password: string): void {
  const { onDisk, user } = privilegeDropFor({ programs, data: dir });
  const file = join(onDisk, 'password');
  if (existsSync(file)) return;
  writeFileSync(file, `${password}\n`, { mode: 0o600 });
  if (user) chownSync(file, user.uid, user.gid);
}

/** Allows only the fleet's own addresses, by password. */
function accessFile(dir: string, { plan }: DataContext): string {
  const { onDisk, data, user } = privilegeDropFor({ programs: postgresPrograms(), data: dir });
  const networks = ['127.0.0.0/8', plan.network];
  const lines = networks.flatMap((network) => [
    `host all all ${network} scram-sha-256`,
    `host replication all ${network} scram-sha-256`,
  ]);
  const file = join(onDisk, 'pg_hba.conf');
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  if (user) chownSync(file, user.uid, user.gid);
  return join(data, 'pg_hba.conf');
}

/**
 * A transaction of a hung process holds its locks no longer than a client waits for them: when the client retries on another
 * api, they are free. Shared memory lies in the cluster's folder, since a server that is killed and never restarted would
 * leave it in /dev/shm.
 */
const settings = {
  idle_in_transaction_session_timeout: '4s',
  max_wal_senders: 4,
  wal_keep_size: '64MB',
  dynamic_shared_memory_type: 'mmap',
  shared_buffers: '64MB',
};

export function postgresKind(context: DataContext, place: Place, primary?: Place): PartKind {
  const dir = join(context.folder, place.name);
  const logFile = context.logFile(place.name);
  const password = passwordOf(context.folder, 'postgres');
  return {
    logFile,
    stop: stopPostgres,
    async launch() {
      givePassword(dir, postgresPrograms(), password);
      const own: Record<string, string | number> = { ...settings };
      if (primary) {
        const url = databaseUrl(context, primary).replace(/narwhal$/, 'postgres');
        await makeReplica({ url, dir: join(context.folder, primary.name) }, dir);
        own['primary_conninfo'] =
          `host=${primary.host} port=${primary.port} user=narwhal password=${password} application_name=${place.name}`;
        own['primary_slot_name'] = slot;
        own['hot_standby_feedback'] = 'on';
      }
      own['hba_file'] = accessFile(dir, context);
      return startPostgres({ dir, host: place.host, port: place.port, logFile, settings: own });
    },
  };
}

/** A replica is a copy: once deleted, it is recreated from the primary. */
export function forgetReplica(folder: string, name: string): void {
  rmSync(join(folder, name, 'cluster'), { recursive: true, force: true });
}

export function redisKind(context: DataContext, place: Place, primary?: Place): PartKind {
  const dir = join(context.folder, place.name);
  const logFile = context.logFile(place.name);
  return {
    logFile,
    stop: stopRedis,
    launch() {
      givePassword(
        dir,
        dirname(findProgram('redis-server') ?? '/usr/bin/redis-server'),
        passwordOf(context.folder, 'redis'),
      );
      const follow = primary ? { replicaOf: { host: primary.host, port: primary.port } } : {};
      return startRedis({ dir, host: place.host, port: place.port, logFile, ...follow });
    },
  };
}

/** The users of PgBouncer's file, by their addresses of PostgreSQL. */
export function pgbouncerUsers(...urls: string[]): string {
  return urls
    .map((url) => {
      const { username, password } = new URL(url);
      return `"${username}" "${password}"\n`;
    })
    .join('');
}

/** `ways`: the addresses that it passes connections on to, of the primary and, where one may be read, of its replica. */
export function pgbouncerKind(
  context: DataContext & { release: () => Release },
  place: Place,
  ways: { primary: string; replica?: string },
): PartKind {
  const logFile = context.logFile(place.name);
  return {
    logFile,
    stop: [
      { signal: 'SIGINT', patience: 10_000 },
      { signal: 'SIGTERM', patience: 2_000 },
    ],
    launch() {
      const service = new Service('pgbouncer', 'pgbouncer', join(context.folder, place.name));
      service.write('users', pgbouncerUsers(databaseUrl(context, place), servingDatabaseUrl(context, place)));
      const own = ['--listen', addressOf(place), '--users', join(service.folder, 'users')];
      const to = Object.entries(ways).flatMap(([name, address]) => [`--${name}`, address]);
      const args = ['pgbouncer.ini', ...own, ...to];
      service.write('pgbouncer.ini', context.release().print('infra/patroni/main.js', args, {}));
      const command = service.command(join(service.folder, 'pgbouncer.ini'));
      return launch({ ...context.hosts.on(place, command), logFile, cwd: '/' });
    },
    ready: (process) =>
      untilServing(
        process,
        async () => (await query(databaseUrl(context, place), 'SELECT 1', 1_000)) === undefined,
        faultOf(place.name, logFile),
      ),
  };
}

/** A real Ceph S3 server, in one process group. */
export function s3Kind(context: DataContext, place: Place): PartKind {
  const logFile = context.logFile(place.name);
  const program = join(import.meta.dirname, 's3-server.ts');
  const args = [
    program,
    join(context.folder, place.name),
    place.host,
    String(place.port),
    join(context.folder, 'secrets', 's3'),
  ];
  // The bucket is made last, and answers strangers with 403.
  const bucket = `http://${addressOf(place)}/narwhal`;
  return {
    logFile,
    stop: [{ signal: 'SIGTERM', patience: 20_000 }],
    launch: () => launch({ command: process.execPath, args, logFile, env: childEnvironment() }),
    ready: (process) =>
      untilServing(
        process,
        () =>
          fetch(bucket, { signal: AbortSignal.timeout(1_000) }).then(
            ({ status }) => status === 403,
            () => false,
          ),
        faultOf('s3', logFile),
        120_000,
      ),
  };
}
