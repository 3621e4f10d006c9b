import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from './ports.ts';

const run = promisify(execFile);

export interface Radosgw {
  endpoint: string;
  accessKeyId: string;
  secretAccessKey: string;
  stop(): Promise<void>;
}

export interface RadosgwOptions {
  /** An empty folder, or that of an earlier durable server. */
  folder: string;
  host: string;
  port: number;
  secretAccessKey: string;
  /** The environment of its programs. */
  env: Record<string, string>;
  /** Keeps its data across restarts, in a sparse file of 8 GiB; otherwise in memory. */
  durable: boolean;
  /** Seconds after which the daemons exit by themselves, in case their parent is killed. */
  fuse?: string;
}

export const accessKeyId = 'AKIANARWHAL';

/** The short paxos intervals make it start in 3 s instead of 14; without cephx the gateway never connects. */
const inMemory = 'memstore\nmemstore device bytes = 1073741824';
const onDisk = 'bluestore\nbluestore_block_size = 8589934592\nosd_memory_target = 939524096';

function configuration(options: RadosgwOptions, fsid: string, monitor: string): string {
  const { folder, host, port, durable } = options;
  return `[global]
fsid = ${fsid}
mon host = ${monitor}
mon initial members = a
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
public network = 127.0.0.0/8
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 5000
osd_pool_default_pg_autoscale_mode = off
paxos_propose_interval = 0.02
paxos_min_wait = 0.005
log file = ${folder}/log/$name.log
run dir = ${folder}/run
admin socket = ${folder}/run/$name.$pid.asok
pid file = ${folder}/run/$name.pid
keyring = ${folder}/keyring
ms_bind_ipv6 = false
[mon]
mon data = ${folder}/mon-$id
mon_data_avail_crit = 1
[osd]
osd data = ${folder}/osd-$id
osd objectstore = ${durable ? onDisk : inMemory}
osd_class_load_list = *
osd_class_default_list = *
[client]
rgw_frontends = beast endpoint=${host}:${port}
rgw_run_sync_thread = false
`;
}

/** Ceph with one monitor, one store and its S3 gateway: small, but the real thing, which checks signatures. */
class Cluster {
  readonly folder: string;
  readonly #daemons: ChildProcess[] = [];
  readonly #environment: Record<string, string>;
  readonly #fuse: string | undefined;

  constructor({ folder, env, fuse }: RadosgwOptions) {
    this.folder = folder;
    this.#environment = { ...env, CEPH_ARGS: `-c ${folder}/ceph.conf` };
    this.#fuse = fuse;
  }

  async run(command: string, ...args: string[]): Promise<string> {
    const { stdout } = await run(command, args, {
      env: this.#environment,
      cwd: this.folder,
      timeout: 20_000,
    });
    return stdout;
  }

  /** In its own process group, so that the fuse ends together with what it guards. */
  daemon(command: string, ...args: string[]): void {
    const detached = this.#fuse !== undefined;
    const options = { env: this.#environment, cwd: this.folder, detached, stdio: 'ignore' } as const;
    const words = this.#fuse === undefined ? [] : ['timeout', this.#fuse];
    const [program = '', ...rest] = [...words, command, ...args];
    this.#daemons.push(spawn(program, rest, options));
  }

  async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    for (const end = Date.now() + 60_000; Date.now() < end; await sleep(50)) {
      if (await holds().catch(() => false)) return;
    }
    throw new Error(`${what} did not come up within a minute; see ${this.folder}/log`);
  }

  /** Asks a durable store to end, and gives it the time to write its data. */
  async stop(): Promise<void> {
    const name = this.#fuse === undefined ? 'SIGTERM' : 'SIGKILL';
    for (const { pid, exitCode } of this.#daemons.toReversed())
      if (pid && exitCode === null) process.kill(this.#fuse === undefined ? pid : -pid, name);
    for (
      let tries = 0;
      tries < 200 &&
      this.#daemons.some(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
      tries += 1
    )
      await sleep(25);
  }
}

async function makeKeys(cluster: Cluster): Promise<void> {
  const keyring = ['keyring', '--gen-key', '-n'];
  await cluster.run('ceph-authtool', '--create-keyring', ...keyring, 'mon.', '--cap', 'mon', 'allow *');
  const admin = ['--cap', 'mon', 'allow *', '--cap', 'osd', 'allow *', '--cap', 'mgr', 'allow *'];
  await cluster.run('ceph-authtool', ...keyring, 'client.admin', ...admin);
  const profile = 'allow profile osd';
  const osd = ['--cap', 'mon', profile, '--cap', 'mgr', profile, '--cap', 'osd', 'allow *'];
  await cluster.run('ceph-authtool', ...keyring, 'osd.0', ...osd);
}

async function startMonitor(cluster: Cluster, fsid: string, monitor: string, isNew: boolean): Promise<void> {
  if (isNew) {
    const map = ['--create', '--fsid', fsid, '--addv', 'a', monitor, 'monmap', '--clobber'];
    await cluster.run('monmaptool', ...map);
    await cluster.run('ceph-mon', '--mkfs', '-i', 'a', '--monmap', 'monmap', '--keyring', 'keyring');
  }
  cluster.daemon('ceph-mon', '-f', '-i', 'a');
  await cluster.until(
    'ceph-mon',
    async () => (await cluster.run('ceph', '--connect-timeout', '2', '-s')) !== '',
  );
}

async function startStore(cluster: Cluster, isNew: boolean): Promise<void> {
  if (isNew) {
    const id = randomUUID();
    await cluster.run('ceph', 'osd', 'new', id);
    await cluster.run('ceph-osd', '--mkfs', '-i', '0', '--osd-uuid', id);
    await cluster.run('ceph', 'osd', 'crush', 'add', 'osd.0', '1.0', 'root=default', 'host=test');
  }
  cluster.daemon('ceph-osd', '-f', '-i', '0');
  const status = async () =>
    JSON.parse(await cluster.run('ceph', 'osd', 'stat', '-f', 'json')) as { num_up_osds: number };
  await cluster.until('ceph-osd', async () => (await status()).num_up_osds === 1);
}

async function startGateway(
  cluster: Cluster,
  { host, port, secretAccessKey }: RadosgwOptions,
  isNew: boolean,
): Promise<string> {
  cluster.daemon('radosgw', '-f', '-n', 'client.admin');
  const endpoint = `http://${host}:${port}`;
  await cluster.until(
    'radosgw',
    async () => (await fetch(endpoint, { signal: AbortSignal.timeout(1_000) })).ok,
  );
  const user = ['--uid', 'narwhal', '--display-name', 'narwhal', '--access-key', accessKeyId];
  if (isNew) await cluster.run('radosgw-admin', 'user', 'create', ...user, '--secret-key', secretAccessKey);
  return endpoint;
}

/** Written last, so that an interrupted start begins anew. */
const complete = 'complete';

async function prepare(cluster: Cluster, options: RadosgwOptions): Promise<void> {
  for (const part of ['mon-a', 'osd-0', 'run', 'log'])
    await mkdir(join(options.folder, part), { recursive: true });
  const [fsid, host] = [randomUUID(), options.host];
  const monitor = `[v2:${host}:${await freePort()},v1:${host}:${await freePort()}]`;
  await writeFile(join(options.folder, 'ceph.conf'), configuration(options, fsid, monitor));
  await makeKeys(cluster);
  await startMonitor(cluster, fsid, monitor, true);
}

/** Starts an S3 server; about 3 s with an empty one in memory. */
export async function startRadosgw(options: RadosgwOptions): Promise<Radosgw> {
  const cluster = new Cluster(options);
  const isNew = !existsSync(join(options.folder, complete));
  try {
    if (isNew) await prepare(cluster, options);
    else await startMonitor(cluster, '', '', false);
    await startStore(cluster, isNew);
    const endpoint = await startGateway(cluster, options, isNew);
    if (options.durable) await writeFile(join(options.folder, complete), '');
    return { endpoint, accessKeyId, secretAccessKey: options.secretAccessKey, stop: () => cluster.stop() };
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}
