import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { machineRoot, runMark } from '../harness/env.js';

const run = promisify(execFile);
const MIRROR = 'http://deb.debian.org/debian';

/**
 * Seconds after which everything that was started ends, in case the tests themselves are killed: as long as `.ci/run` gives them. After 600
 * a machine on a busy host was powered off in the middle, and what ran on it then failed for no visible reason.
 */
export const FUSE = '1500';

/** The packages of a bare server, and those that ours needs or recommends: machines have no network to fetch them. */
const system = ['systemd-sysv', 'dbus', 'iproute2', 'logrotate', 'procps', 'sudo', 'bubblewrap'];
const servers = ['postgresql', 'pgbackrest', 'redis-server', 'nginx-light'];
/** Packages whose configuration debootstrap cannot order, but apt can. */
const later = ['cloud-init', 'curl', 'munin-node', 'certbot', 'pebble', 'redis-sentinel'];

export const environment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LANG: 'C.UTF-8',
  DEBIAN_FRONTEND: 'noninteractive',
};

/** The reason why no machine can boot here; null where one can. */
export function whyNot(): string | null {
  if (process.getuid?.() !== 0) return 'it takes root to boot a machine';
  if (!existsSync('/usr/sbin/debootstrap') || !existsSync('/usr/bin/systemd-nspawn')) {
    return 'debootstrap and systemd-container are not installed';
  }
  const unshared = spawnSync('unshare', ['--mount', '--pid', '--net', '--fork', 'true']).status;
  return unshared === 0 ? null : 'the kernel allows no namespaces here';
}

/** The folder of all machines; in memory where there is enough, since installing is all small writes. */
export async function makeFolder(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'narwhal-machine-'));
  const inMemory = ['-t', 'tmpfs', '-o', 'size=6g,mode=755', 'tmpfs', folder];
  // Always a mount, so that it can be unmounted.
  await run('mount', freemem() > 9 * 1024 ** 3 ? inMemory : ['--bind', folder, folder]);
  return folder;
}

/** Debian as debootstrap makes it, which every machine starts from. An existing one is reused. */
export async function makeBareRoot(folder: string): Promise<string> {
  const made = machineRoot();
  if (made) return made;
  const bare = join(folder, 'bare');
  const command = async (program: string, args: string[]) =>
    run('timeout', [FUSE, program, ...args], { env: { ...environment, ...runMark() }, maxBuffer: 1 << 26 });
  const include = `--include=${[...system, ...servers].join(',')}`;
  await command('debootstrap', ['--variant=minbase', include, 'bookworm', bare, MIRROR]);
  // None of its services may run before it boots, or on this host.
  const refusal = join(bare, 'usr/sbin/policy-rc.d');
  writeFileSync(refusal, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  await command('chroot', [bare, 'apt-get', '-q', '-y', '--no-install-recommends', 'install', ...later]);
  // Only three machines of Redis want it.
  const sentinel = join(bare, 'etc/systemd/system/multi-user.target.wants/redis-sentinel.service');
  await command('rm', [refusal, sentinel]);
  return bare;
}
