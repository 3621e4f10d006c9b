import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { childEnvironment } from '../dev/env.ts';
import { query, servingUrl } from '../dev/postgres.ts';
import { commandLineOf, launch } from '../dev/processes.ts';
import { answersOk, faultOf, untilServing } from '../dev/ready.ts';
import { Refusal } from '../dev/say.ts';
import { ensureFile, ensureProgram } from '../dev/system-packages.ts';
import { databaseUrl, passwordOf, pgbouncerKind, type DataContext } from './data-parts.ts';
import type { PartKind } from './part.ts';
import { standing } from './patroni-standing.ts';
import { addressOf, type Kind, type Place } from './plan.ts';
import type { Release } from './release.ts';
import { Service } from './service.ts';

/** The parts of a PostgreSQL that fails over by itself: infra/patroni makes their configurations, here as on machines of their own. */
type PatroniContext = DataContext & { release: () => Release };

const versions = '/usr/lib/postgresql';

/** The programs of the system's newest PostgreSQL: npm's has no pg_basebackup and no pg_rewind. */
function systemPostgres(): string {
  const found = existsSync(versions) ? readdirSync(versions).sort((a, b) => Number(a) - Number(b)) : [];
  const major = found.findLast((each) => existsSync(join(versions, each, 'bin', 'pg_rewind')));
  if (major === undefined) throw new Refusal(`expected PostgreSQL's programs in ${versions}`);
  return join(versions, major, 'bin');
}

/** Installs what is missing. @throws Refusal with the command to type, when that needs rights that are missing */
export function checkPatroni(): void {
  ensureFile([versions], 'postgresql');
  ensureProgram('patroni', 'patroni');
  ensureProgram('etcd', 'etcd-server');
  ensureFile(['/usr/lib/python3/dist-packages/etcd'], 'python3-etcd');
  systemPostgres();
}

function print(context: PatroniContext, part: string, options: Record<string, string | string[]>): string {
  const members = context.plan.nodes.map(({ name, host }) => `${name}=${host}`);
  const given = Object.entries({ member: members, ...options });
  const args = given.flatMap(([name, value]) => [value].flat().flatMap((each) => [`--${name}`, each]));
  return context.release().print('infra/patroni/main.js', [part, ...args], {});
}

function etcdKind(context: PatroniContext, place: Place): PartKind {
  const logFile = context.logFile(place.name);
  return {
    logFile,
    stop: [{ signal: 'SIGTERM', patience: 5_000 }],
    launch() {
      const service = new Service('etcd', 'etcd-server', join(context.folder, place.name));
      const lines = print(context, 'etcd.env', { name: place.beside ?? '' })
        .trim()
        .split('\n');
      const env = Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2)));
      const own = { ...env, ETCD_DATA_DIR: join(service.folder, 'data'), ETCD_LOG_LEVEL: 'warn' };
      const command = context.hosts.on(place, service.command());
      return launch({ ...command, logFile, env: childEnvironment(own), cwd: '/' });
    },
    ready: (process) =>
      untilServing(
        process,
        () => answersOk(`http://${addressOf(place)}/health`),
        faultOf(place.name, logFile),
      ),
  };
}

/** Patroni starts PostgreSQL in a session of its own, which it finds again when it was killed. */
function postmasterOf({ onDisk, folder }: Service): number[] {
  const file = join(onDisk, 'cluster', 'postmaster.pid');
  const pid = existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : 0;
  return pid > 0 && commandLineOf(pid).includes(join(folder, 'cluster')) ? [pid] : [];
}

function nodeKind(context: PatroniContext, place: Place): PartKind {
  const logFile = context.logFile(place.name);
  const service = () => new Service('patroni', 'patroni', join(context.folder, place.name));
  return {
    logFile,
    stop: [{ signal: 'SIGTERM', patience: 30_000 }],
    others: () => postmasterOf(service()),
    launch() {
      const own = service();
      const options = {
        name: place.name,
        password: join(context.folder, 'secrets', 'postgres'),
        superuser: 'narwhal',
        programs: systemPostgres(),
        data: join(own.folder, 'cluster'),
        passfile: join(own.folder, 'passwords'),
        network: ['127.0.0.0/8', context.plan.network],
        // Shared memory in the cluster's folder: a server that is killed would leave it in /dev/shm.
        parameter: ['shared_buffers=64MB', 'dynamic_shared_memory_type=mmap'],
      };
      passwordOf(context.folder, 'postgres');
      own.write('patroni.yml', print(context, 'patroni.yml', options));
      const first = [process.execPath, context.release().path('infra/patroni/before-start.js')];
      const { command, args } = own.command(join(own.folder, 'patroni.yml'));
      const both = ['-c', '"$1" "$2" "$3" && shift 3 && exec "$@"', 'sh', ...first];
      const started = { command: 'sh', args: [...both, join(own.onDisk, 'patroni.yml'), command, ...args] };
      return launch({ ...context.hosts.on(place, started), logFile, env: childEnvironment(), cwd: '/' });
    },
    ready: (process) =>
      untilServing(
        process,
        async () => (await standing(place))?.state === 'running',
        faultOf(place.name, logFile),
      ),
  };
}

/** HAProxy on the host of an api or worker. */
function wayKind(context: PatroniContext, place: Place): PartKind {
  const logFile = context.logFile(place.name);
  return {
    logFile,
    stop: [{ signal: 'SIGTERM', patience: 3_000 }],
    launch() {
      const service = new Service('haproxy', 'haproxy', join(context.folder, place.name));
      const binds = { primary: addressOf(place), replica: replicaAddress(place) };
      service.write('haproxy.cfg', print(context, 'haproxy.cfg', binds));
      const command = service.command('-db', '-f', join(service.folder, 'haproxy.cfg'));
      return launch({ ...context.hosts.on(place, command), logFile, cwd: '/' });
    },
    ready: (process) =>
      untilServing(
        process,
        async () => (await query(ownersUrl(context, place, 'postgres'), 'SELECT 1', 1_000)) === undefined,
        faultOf(place.name, logFile),
      ),
  };
}

const replicaAddress = ({ host, port }: Place): string => `${host}:${port + 1}`;

const ownersUrl = (context: DataContext, place: Place, database: string): string =>
  databaseUrl(context, place).replace(/narwhal$/, database);

/** PgBouncer on the host of an api or worker. */
function poolKind(context: PatroniContext, place: Place): PartKind {
  const balancer = context.plan.beside('pg-haproxy', place);
  return pgbouncerKind(context, place, { primary: addressOf(balancer), replica: replicaAddress(balancer) });
}

/** Undefined for parts that every fleet has. */
export function patroniKind(context: PatroniContext, place: Place): PartKind | undefined {
  const kinds: Partial<Record<Kind, typeof nodeKind>> = {
    etcd: etcdKind,
    postgres: nodeKind,
    'pg-haproxy': wayKind,
    pgbouncer: poolKind,
  };
  return kinds[place.kind]?.(context, place);
}

/** Each application reaches PostgreSQL by its own host's PgBouncer; whoever migrates, past it. */
export function databaseSettings(context: DataContext, application: Place): Record<string, string> {
  const { balancer, pool } = context.plan.wayOf(application);
  const serving = servingUrl(addressOf(pool), passwordOf(context.folder, 'postgres'));
  return {
    DATABASE_URL: serving,
    DATABASE_REPLICA_URL: `${serving}_replica`,
    DATABASE_DIRECT_URL: databaseUrl(context, balancer),
  };
}

/** Makes the database, once there is a primary. */
export async function makeDatabase(context: DataContext, balancer: Place): Promise<void> {
  const fault = await query(ownersUrl(context, balancer, 'postgres'), 'CREATE DATABASE narwhal', 10_000);
  if (fault && fault.code !== '42P04') throw fault;
}
