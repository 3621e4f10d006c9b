import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { machineRoot } from '../harness/env.js';

const run = promisify(execFile);
const MIRROR = 'http://deb.debian.org/debian';

/** Seconds after which whatever was started is ended, should the tests themselves be killed. */
export const FUSE = '600';

/** What a bare server has, and what the package recommends: machines have no network to fetch it by. */
const system = ['systemd-sysv', 'dbus', 'iproute2', 'logrotate', 'procps', 'sudo'];
const servers = ['postgresql', 'redis-server', 'nginx-light'];
/** What debootstrap cannot put into an order to configure it in, and apt can. */
const later = ['cloud-init', 'curl', 'munin-node'];

export const environment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LANG: 'C.UTF-8',
  DEBIAN_FRONTEND: 'noninteractive',
};

/** Why no machine can boot here; null where one can. */
export function whyNot(): string | null {
  if (process.getuid?.() !== 0) return 'it takes root to boot a machine';
  if (!existsSync('/usr/sbin/debootstrap') || !existsSync('/usr/bin/systemd-nspawn')) {
    return 'debootstrap and systemd-container are not installed';
  }
  const unshared = spawnSync('unshare', ['--mount', '--pid', '--net', '--fork', 'true']).status;
  return unshared === 0 ? null : 'the kernel allows no namespaces here';
}

/** A folder for everything that machines are; in memory where there is enough, since installing is all small writes. */
export async function makeFolder(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'narwhal-machine-'));
  const inMemory = ['-t', 'tmpfs', '-o', 'size=6g,mode=755', 'tmpfs', folder];
  // A mount in any case, to let go of.
  await run('mount', freemem() > 9 * 1024 ** 3 ? inMemory : ['--bind', folder, folder]);
  return folder;
}

/** Debian as debootstrap makes it, which every machine starts from. One that was made before is taken as it is. */
export async function makeBareRoot(folder: string): Promise<string> {
  const made = machineRoot();
  if (made) return made;
  const bare = join(folder, 'bare');
  const command = async (program: string, args: string[]) =>
    run('timeout', [FUSE, program, ...args], { env: environment, maxBuffer: 1 << 26 });
  const include = `--include=${[...system, ...servers].join(',')}`;
  await command('debootstrap', ['--variant=minbase', include, 'bookworm', bare, MIRROR]);
  // Nothing of it is to run before it boots, and nothing of it here.
  const refusal = join(bare, 'usr/sbin/policy-rc.d');
  writeFileSync(refusal, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  await command('chroot', [bare, 'apt-get', '-q', '-y', '--no-install-recommends', 'install', ...later]);
  await command('rm', [refusal]);
  return bare;
}
