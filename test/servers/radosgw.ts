import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { bareEnvironment } from '../harness/env.ts';

const run = promisify(execFile);

/** Seconds after which the daemons end by themselves, should the test that started them be killed. */
const FUSE = '900';

export interface Radosgw {
  endpoint: string;
  accessKeyId: string;
  secretAccessKey: string;
  stop(): Promise<void>;
}

/** Whether the system's packages are here; says so when they are not, since tests are skipped then. */
export async function radosgwInstalled(): Promise<boolean> {
  const names = ['radosgw', 'ceph-mon', 'ceph-osd', 'ceph', 'monmaptool'];
  const installed = await run('which', names).then(
    () => true,
    () => false,
  );
  if (!installed) console.warn('S3 tests are skipped: install radosgw, ceph-mon and ceph-osd to run them');
  return installed;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The short paxos intervals are what makes it start in 3 s instead of 14; without cephx the gateway never connects. */
function configuration(folder: string, fsid: string, monitor: string, port: number): string {
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
osd objectstore = memstore
memstore device bytes = 1073741824
osd_class_load_list = *
osd_class_default_list = *
[client]
rgw_frontends = beast endpoint=127.0.0.1:${port}
rgw_run_sync_thread = false
`;
}

/** Ceph with one monitor, one store in memory and its S3 gateway: small, but the real thing, which checks signatures. */
class Cluster {
  readonly folder: string;
  readonly #daemons: ChildProcess[] = [];
  readonly #environment: Record<string, string>;

  constructor(folder: string) {
    this.folder = folder;
    this.#environment = { ...bareEnvironment(), CEPH_ARGS: `-c ${folder}/ceph.conf` };
  }

  async run(command: string, ...args: string[]): Promise<string> {
    const { stdout } = await run(command, args, {
      env: this.#environment,
      cwd: this.folder,
      timeout: 20_000,
    });
    return stdout;
  }

  /** In a process group of its own, so that the fuse and what it guards end together. */
  daemon(command: string, ...args: string[]): void {
    const options = { env: this.#environment, cwd: this.folder, detached: true, stdio: 'ignore' } as const;
    this.#daemons.push(spawn('timeout', [FUSE, command, ...args], options));
  }

  async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    for (const end = Date.now() + 20_000; Date.now() < end; await sleep(50)) {
      if (await holds().catch(() => false)) return;
    }
    throw new Error(`${what} did not come up within 20 s; see ${this.folder}/log`);
  }

  async stop(): Promise<void> {
    for (const { pid, exitCode } of this.#daemons)
      if (pid && exitCode === null) process.kill(-pid, 'SIGKILL');
    await sleep(50);
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function makeKeys(cluster: Cluster): Promise<void> {
  const keyring = ['keyring', '--gen-key', '-n'];
  await cluster.run('ceph-authtool', '--create-keyring', ...keyring, 'mon.', '--cap', 'mon', 'allow *');
  const admin = ['--cap', 'mon', 'allow *', '--cap', 'osd', 'allow *', '--cap', 'mgr', 'allow *'];
  await cluster.run('ceph-authtool', ...keyring, 'client.admin', ...admin);
  const osd = [
    '--cap',
    'mon',
    'allow profile osd',
    '--cap',
    'mgr',
    'allow profile osd',
    '--cap',
    'osd',
    'allow *',
  ];
  await cluster.run('ceph-authtool', ...keyring, 'osd.0', ...osd);
}

async function startMonitor(cluster: Cluster, fsid: string, monitor: string): Promise<void> {
  await cluster.run('monmaptool', '--create', '--fsid', fsid, '--addv', 'a', monitor, 'monmap', '--clobber');
  await cluster.run('ceph-mon', '--mkfs', '-i', 'a', '--monmap', 'monmap', '--keyring', 'keyring');
  cluster.daemon('ceph-mon', '-f', '-i', 'a');
  await cluster.until(
    'ceph-mon',
    async () => (await cluster.run('ceph', '--connect-timeout', '2', '-s')) !== '',
  );
}

async function startStore(cluster: Cluster): Promise<void> {
  const id = randomUUID();
  await cluster.run('ceph', 'osd', 'new', id);
  await cluster.run('ceph-osd', '--mkfs', '-i', '0', '--osd-uuid', id);
  await cluster.run('ceph', 'osd', 'crush', 'add', 'osd.0', '1.0', 'root=default', 'host=test');
  cluster.daemon('ceph-osd', '-f', '-i', '0');
  const status = async () =>
    JSON.parse(await cluster.run('ceph', 'osd', 'stat', '-f', 'json')) as { num_up_osds: number };
  await cluster.until('ceph-osd', async () => (await status()).num_up_osds === 1);
}

async function startGateway(cluster: Cluster, port: number): Promise<Radosgw> {
  cluster.daemon('radosgw', '-f', '-n', 'client.admin');
  const endpoint = `http://127.0.0.1:${port}`;
  await cluster.until(
    'radosgw',
    async () => (await fetch(endpoint, { signal: AbortSignal.timeout(1_000) })).ok,
  );
  const [accessKeyId, secretAccessKey] = ['AKIANARWHAL', randomUUID()];
  const user = ['--uid', 'narwhal', '--display-name', 'narwhal', '--access-key', accessKeyId];
  await cluster.run('radosgw-admin', 'user', 'create', ...user, '--secret-key', secretAccessKey);
  return { endpoint, accessKeyId, secretAccessKey, stop: () => cluster.stop() };
}

/** Starts an empty S3 server on free ports, in a folder of its own; about 3 s. It holds what it is given in memory. */
export async function startRadosgw(): Promise<Radosgw> {
  const folder = await mkdtemp(join(tmpdir(), 'narwhal-s3-'));
  const cluster = new Cluster(folder);
  const [fsid, port] = [randomUUID(), await freePort()];
  const monitor = `[v2:127.0.0.1:${await freePort()},v1:127.0.0.1:${await freePort()}]`;
  try {
    for (const part of ['mon-a', 'osd-0', 'run', 'log']) await mkdir(join(folder, part));
    await writeFile(join(folder, 'ceph.conf'), configuration(folder, fsid, monitor, port));
    await makeKeys(cluster);
    await startMonitor(cluster, fsid, monitor);
    await startStore(cluster);
    return await startGateway(cluster, port);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}
