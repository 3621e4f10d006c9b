import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { Resolver } from 'node:dns/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { childEnvironment, isRoot } from '../dev/env.ts';
import { launch } from '../dev/processes.ts';
import { Refusal } from '../dev/say.ts';
import { ensureProgram } from '../dev/system-packages.ts';
import { brotliFolder } from './checks.ts';
import type { Certificate } from './certificate.ts';
import type { DataContext } from './data-parts.ts';
import { HaproxySocket } from './haproxy-socket.ts';
import type { PartKind } from './part.ts';
import { answersOk, faultOf, untilServing } from '../dev/ready.ts';
import { addressOf, publicName, type Place } from './plan.ts';
import type { Release } from './release.ts';
import { Service } from './service.ts';

/** Seconds that clients may cache a DNS answer. */
const TTL = 1;

export interface EdgeContext extends DataContext {
  release: () => Release;
  settings: Record<string, string>;
  certificate: Certificate;
  /** The parts that are in the fleet now, running or not. */
  places: (kind: 'haproxy' | 'nginx' | 'api') => Place[];
}

/** Each connection takes two descriptors. Root may raise the limit in most places; other users keep theirs. */
const raise = ['--nofile=65536'];

function roomForConnections(): { wrap: string[]; maxconn: number } {
  if (isRoot && spawnSync('prlimit', [...raise, 'true'], { stdio: 'ignore' }).status === 0)
    return { wrap: ['prlimit', ...raise], maxconn: 20_000 };
  const [, hard = '4096'] =
    /^Max open files\s+\S+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  return { wrap: [], maxconn: Math.min(20_000, Math.floor((Number(hard) - 200) / 2.2)) };
}

/** `{ api: ['a', 'b'] }` as `--api a --api b`. */
const flags = (values: Record<string, string | readonly string[] | undefined>): string[] =>
  Object.entries(values).flatMap(([name, value]) =>
    [value ?? []].flat().flatMap((each) => [`--${name}`, each]),
  );
const operatorsOf = ({ plan }: DataContext): string[] => ['127.0.0.0/8', plan.network];

/** The configuration of one NGINX, checked by NGINX itself. @throws Refusal with NGINX's message */
export function writeNginx(context: EdgeContext, place: Place, release = context.release()): void {
  const folder = join(context.folder, place.name);
  mkdirSync(folder, { recursive: true });
  const args = flags({
    listen: addressOf(place),
    status: `${place.host}:${place.operators}`,
    folder,
    source: place.host,
    workers: '1',
    away: '502',
    api: context.places('api').map(addressOf),
    trust: context.places('haproxy').map(({ host }) => host),
    operators: operatorsOf(context),
    user: isRoot ? 'root' : undefined,
    brotli: brotliFolder(),
  });
  const draft = join(folder, 'nginx.conf.new');
  writeFileSync(draft, release.print('infra/nginx/main.js', args, context.settings), { mode: 0o600 });
  const testing = ['-e', join(folder, 'error.log'), '-t', '-c', draft];
  const check = context.hosts.on(place, { command: ensureProgram('nginx', 'nginx'), args: testing });
  const checked = spawnSync(check.command, check.args, { encoding: 'utf8' });
  if (checked.status !== 0)
    throw new Refusal(
      `NGINX refuses the configuration that version ${release.version} made for ${place.name}; what runs goes on as it is.\n${checked.stderr.trim()}\nThe file: ${draft}`,
    );
  renameSync(draft, join(folder, 'nginx.conf'));
}

export function nginxKind(context: EdgeContext, place: Place): PartKind {
  const folder = join(context.folder, place.name);
  const logFile = context.logFile(place.name);
  const balancers = () => context.places('haproxy').map((each) => socketOf(context, each));
  return {
    logFile,
    stop: [
      { signal: 'SIGQUIT', patience: 30_000 },
      { signal: 'SIGTERM', patience: 3_000 },
    ],
    launch() {
      writeNginx(context, place);
      const args = ['-e', join(folder, 'error.log'), '-c', join(folder, 'nginx.conf'), '-g', 'daemon off;'];
      const command = context.hosts.on(place, { command: ensureProgram('nginx', 'nginx'), args });
      return launch({ ...command, logFile, cwd: folder });
    },
    ready: (process) =>
      untilServing(
        process,
        () => answersOk(`http://${addressOf(place)}/health/ready`),
        faultOf(place.name, join(folder, 'error.log')),
      ),
    leave: () =>
      eachOf(balancers(), async (socket) => {
        await socket.set(place.name, 'drain');
        await socket.idle(place.name);
      }),
    // Up means that it receives requests again: draining the next one relies on it.
    enter: () =>
      eachOf(balancers(), async (socket) => {
        await socket.set(place.name, 'ready');
        await socket.up(place.name);
      }),
  };
}

/** A HAProxy that is down cannot be notified, and need not be: it reads its configuration when it starts. */
async function eachOf(
  sockets: HaproxySocket[],
  work: (socket: HaproxySocket) => Promise<unknown>,
): Promise<void> {
  await Promise.all(sockets.map((socket) => work(socket).catch(() => undefined)));
}

/** Socket names have 107 characters at most, and HAProxy appends some while it starts. */
function socketFile(folder: string): string {
  const file = join(folder, 'admin.sock');
  if (file.length < 80) return file;
  return join(tmpdir(), `narwhal-${createHash('sha256').update(folder).digest('hex').slice(0, 12)}.sock`);
}

export const socketOf = ({ folder }: DataContext, { name }: Place): HaproxySocket =>
  new HaproxySocket(socketFile(join(folder, name)));

function haproxyArguments(context: EdgeContext, place: Place, service: Service): string[] {
  const [serving, spare] = [context.places('nginx'), spareNginx(context)];
  const named = (each: Place) => `${each.name}=${addressOf(each)}`;
  return flags({
    bind: addressOf(place),
    certificate: join(service.folder, 'certificate.pem'),
    socket: socketFile(service.folder),
    lua: join(service.folder, 'servers.lua'),
    source: place.host,
    stats: `${place.host}:${place.operators}`,
    maxconn: String(roomForConnections().maxconn),
    operators: operatorsOf(context),
    nginx: serving.map(named),
    spare: spare.map(named),
  });
}

/** HAProxy knows them from its start, so that one more is added without a restart. */
function spareNginx({ plan, places }: EdgeContext): Place[] {
  const taken = new Set(places('nginx').map(({ name }) => name));
  return Array.from({ length: 8 }, (_, index) => plan.place('nginx', index + 1)).filter(
    ({ name }) => !taken.has(name),
  );
}

export function haproxyKind(context: EdgeContext, place: Place): PartKind {
  const logFile = context.logFile(place.name);
  return {
    logFile,
    // Idle connections are not waited for.
    stop: [
      { signal: 'SIGUSR1', patience: 8_000 },
      { signal: 'SIGTERM', patience: 3_000 },
    ],
    launch() {
      const service = new Service('haproxy', 'haproxy', join(context.folder, place.name));
      const print = (args: string[]) =>
        context.release().print('infra/haproxy/main.js', args, context.settings);
      service.write('certificate.pem', context.certificate.pem);
      service.write('servers.lua', print(['servers.lua']));
      service.write('haproxy.cfg', print(haproxyArguments(context, place, service)));
      const { command, args } = service.command('-db', '-f', join(service.folder, 'haproxy.cfg'));
      const [program = command, ...first] = [...roomForConnections().wrap, command, ...args];
      return launch({
        ...context.hosts.on(place, { command: program, args: first }),
        logFile,
        cwd: '/',
      });
    },
    ready: (process) => untilServing(process, () => seesNginx(context, place), faultOf(place.name, logFile)),
    // DNS first sends clients to the others; requests that arrive here meanwhile are served.
    async enter() {
      // Nothing answers while the fleet starts: DNS comes last.
      for (const deadline = Date.now() + 5_000; Date.now() < deadline; await sleep(50)) {
        const named = await balancersInDns(context);
        if (named.length === 0 || named.includes(place.host)) break;
      }
    },
    async leave() {
      await socketOf(context, place).ask('disable server in_dns/self');
      for (const deadline = Date.now() + 5_000; Date.now() < deadline; await sleep(50)) {
        if (!(await balancersInDns(context)).includes(place.host)) break;
      }
      await sleep((TTL + 0.5) * 1_000);
    },
  };
}

async function seesNginx(context: EdgeContext, place: Place): Promise<boolean> {
  try {
    const servers = await socketOf(context, place).servers();
    return servers.some(({ status }) => status.startsWith('UP'));
  } catch {
    return false;
  }
}

/** The addresses that DNS returns now. */
export async function balancersInDns({ plan }: DataContext): Promise<string[]> {
  const resolver = new Resolver({ timeout: 1_000, tries: 1 });
  resolver.setServers([addressOf(plan.dns)]);
  return resolver.resolve4(publicName).catch(() => []);
}

export function dnsKind(context: EdgeContext, place: Place): PartKind {
  const logFile = context.logFile(place.name);
  return {
    logFile,
    stop: [{ signal: 'SIGTERM', patience: 3_000 }],
    launch() {
      const service = new Service('pdns_server', 'pdns-server', join(context.folder, place.name));
      const balancers = context.places('haproxy');
      const release = context.release();
      const options = flags({
        name: publicName,
        listen: addressOf(place),
        ttl: String(TTL),
        port: String(balancers[0]?.port ?? 443),
        balancer: balancers.map(({ host }) => host),
      });
      for (const part of ['pdns.conf', 'named.conf', 'zone'])
        service.write(
          part,
          release.print('infra/dns/main.js', [part, ...options, '--folder', service.folder], {}),
        );
      const { command, args } = service.command(`--config-dir=${service.folder}`);
      const watching = [release.path('infra/dns/main.js'), 'watch', ...options, '--folder', service.onDisk];
      return launch({
        command: process.execPath,
        args: [...watching, '--', command, ...args],
        logFile,
        env: childEnvironment(),
        cwd: '/',
      });
    },
    // The first query starts the checks.
    ready: (process) =>
      untilServing(
        process,
        async () => (await balancersInDns(context)).length > 0,
        faultOf(place.name, logFile),
      ),
  };
}
