import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { portFault, portHolder } from '../dev/ports.ts';
import { Refusal, say, warn } from '../dev/say.ts';
import { ensureFile, ensureProgram, offerFile } from '../dev/system-packages.ts';
import { addressOf, type Plan } from './plan.ts';

const MB = 1_000_000;
/**
 * Bytes that each takes, its children included: proportional set sizes of a fleet under 190 requests a second on 2 cores, in
 * November 2026, rounded up. The worker's is with a photo in progress; `servers` are DNS, PgBouncer, both PostgreSQL, both
 * Redis and the launcher.
 */
const memory = {
  api: 270 * MB,
  worker: 250 * MB,
  idle: 130 * MB,
  haproxy: 30 * MB,
  nginx: 12 * MB,
  servers: 420 * MB,
  s3: 300 * MB,
  patroni: 500 * MB,
};
const room = 500 * MB;

function needed({ options }: Plan): number {
  const { api, worker, haproxy, nginx, s3, patroni } = options;
  // More apis than these get no more requests than these could serve.
  const busy = Math.min(api, 8) * (memory.api - memory.idle);
  const processes = api * memory.idle + busy + worker * memory.worker;
  const parts = processes + haproxy * memory.haproxy + nginx * memory.nginx;
  return parts + memory.servers + (s3 ? memory.s3 : 0) + (patroni ? memory.patroni : 0);
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/** Undefined where the kernel does not report it. */
function freeMemory(): number | undefined {
  const [, kilobytes] = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8')) ?? [];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1_024;
}

/** @throws Refusal when the machine is too small for the requested fleet */
export function checkRoom(plan: Plan, folder: string): void {
  const [free, wanted] = [freeMemory(), needed(plan)];
  if (free !== undefined && free < wanted) {
    throw new Refusal(
      `This fleet takes about ${gigabytes(wanted)} of memory, and ${gigabytes(free)} are free here. Stop something, or start a smaller one:\n` +
        '  npm run fleet -- --haproxy 1 --nginx 2 --api 1 --worker 1\nNothing was started.',
    );
  }
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < room)
    throw new Refusal(
      `${folder} has ${gigabytes(bavail * bsize)} left, and a fleet takes ${gigabytes(room)} to begin with. Nothing was started.`,
    );
}

/** @throws Refusal that names every taken address and its holder */
export async function checkPorts(plan: Plan): Promise<void> {
  if (plan.options.hosts) return;
  const taken: string[] = [];
  for (const place of plan.places()) {
    for (const port of [place.port, place.operators].filter((each) => each !== undefined)) {
      if ((await portFault(port, place.host)) === null) continue;
      taken.push(
        `  ${place.host}:${port} (${place.name}) by ${portHolder(port, place.host) ?? 'a process of another user'}`,
      );
    }
  }
  if (taken.length === 0) return;
  throw new Refusal(
    `Taken already:\n${taken.join('\n')}\nStop that, or take other addresses: npm run fleet -- --net ${plan.options.net + 1}. Nothing was started.`,
  );
}

/** PowerDNS reads zone files through a separate package without a program. */
const bindBackend = ['x86_64-linux-gnu/', 'aarch64-linux-gnu/', ''].map(
  (folder) => `/usr/lib/${folder}pdns/libbindbackend.so`,
);

/** PowerDNS with its zone files. @throws Refusal, as below */
export function checkDns(): void {
  ensureProgram('pdns_server', 'pdns-server');
  ensureFile(bindBackend, 'pdns-backend-bind');
}

/** Installs what is missing. @throws Refusal with the command to type, when that needs rights that are missing */
export function checkPrograms(): void {
  for (const [program, name] of [
    ['redis-server', 'redis-server'],
    ['nginx', 'nginx'],
    ['haproxy', 'haproxy'],
    ['pgbouncer', 'pgbouncer'],
    ['openssl', 'openssl'],
  ] as const)
    ensureProgram(program, name);
  checkDns();
}

export function checkCeph(): void {
  for (const program of ['radosgw', 'ceph-mon', 'ceph-osd']) ensureProgram(program, program);
}

/** Like `check`, for optional programs. */
export function offerPrograms(check = checkPrograms): void {
  try {
    check();
  } catch (error) {
    warn(`${(error as Error).message}\nWithout it, tests of the fleet are skipped.`);
  }
}

export const describePlan = (plan: Plan): string =>
  plan
    .places()
    .map(
      (place) =>
        `  ${place.name.padEnd(21)}${addressOf(place)}${place.operators ? `, operators ${place.host}:${place.operators}` : ''}`,
    )
    .join('\n');

const brotliModules = '/usr/lib/nginx/modules';
const modules = ['filter', 'static'].map((name) => ({
  file: join(brotliModules, `ngx_http_brotli_${name}_module.so`),
  package: `libnginx-mod-http-brotli-${name}`,
}));

/** Brotli's modules for NGINX are separate packages, which not every system has: without them there is only gzip, and a message. */
export function offerBrotli(): void {
  const there = modules.map(({ file, package: name }) => offerFile(file, name));
  if (there.includes(false))
    say(
      `NGINX compresses by gzip alone: ${modules.map((each) => each.package).join(' and ')} cannot be installed here.`,
    );
}

/** The folder of the modules, or undefined. */
export function brotliFolder(): string | undefined {
  return modules.every(({ file }) => existsSync(file)) ? brotliModules : undefined;
}
