import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandLineOf, identityOf, isAlive, signal, type ProcessMark } from '../../tools/dev/processes.ts';
import { RUN } from './env.ts';

const PREFIX = 'narwhal-test-';

/**
 * A test run keeps everything in one folder: servers' data, objects, logs, temporary files. That folder also identifies the
 * run's processes, so that nobody has to keep a list, and grandchildren are found, too.
 */
export function makeRunFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), PREFIX));
  // Traversable, not listable: servers that may not run as root enter their own folders in it.
  chmodSync(folder, 0o711);
  mkdirSync(join(folder, 'tmp'));
  chmodSync(join(folder, 'tmp'), 0o1777);
  writeFileSync(join(folder, 'owner'), `${process.pid}\n${identityOf(process.pid)}`);
  return folder;
}

function ownerOf(folder: string): ProcessMark {
  const [pid = '', identity = ''] = readFileSync(join(folder, 'owner'), 'utf8').split('\n');
  return { pid: Number(pid), identity };
}

/** A fleet's hosts are names in the kernel, which outlive every process: `nw<net>` and names that begin with it. */
export function noteHosts(folder: string, net: number): void {
  appendFileSync(join(folder, 'hosts'), `nw${net}\n`);
}

function leads(pid: string, link: string, folder: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/${link}`).startsWith(`${folder}/`);
  } catch {
    return false;
  }
}

function isMarked(pid: string, folder: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(`${RUN}=${folder}`);
  } catch {
    return false;
  }
}

/**
 * Identified by the environment; or by the output file, since Redis, NGINX and PostgreSQL write their titles over theirs; or,
 * in a container, by the root.
 */
export function processesOf(folder: string): number[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
    .filter(
      (pid) => isMarked(pid, folder) || ['fd/1', 'fd/2', 'root'].some((link) => leads(pid, link, folder)),
    )
    .map(Number);
}

/** Vitest's own workers, which it ends itself: it waits up to a minute for one that was killed. */
function isWorkerOf(owner: ProcessMark, pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    return parent === owner.pid && isAlive(owner) && commandLineOf(pid).includes('/vitest/');
  } catch {
    return false;
  }
}

const LOOKS = 200;
const nobody = new Int32Array(new SharedArrayBuffer(4));

/** Repeats until nothing is left: a process that is being ended may just have started another. */
function endProcesses(folder: string): void {
  const owner = ownerOf(folder);
  for (let look = 0; look < LOOKS; look += 1) {
    const found = processesOf(folder).filter((pid) => pid !== owner.pid && !isWorkerOf(owner, pid));
    if (found.length === 0) return;
    for (const pid of found) signal(pid, 'SIGKILL');
    Atomics.wait(nobody, 0, 0, 25);
  }
}

function endHosts(folder: string): void {
  const file = join(folder, 'hosts');
  if (!existsSync(file)) return;
  const spaces = spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' }).stdout.split(/ .*\n|\n/);
  for (const name of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
    for (const space of spaces.filter((each) => each.startsWith(`${name}-`)))
      spawnSync('ip', ['netns', 'delete', space]);
    spawnSync('ip', ['link', 'delete', name]);
  }
}

/** Unmounts everything in it first, and never leaves its own file system: debootstrap mounts this kernel's. */
export function removeFolder(folder: string): void {
  const mounted = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((place) => place === folder || place.startsWith(`${folder}/`));
  for (const place of mounted.toReversed()) spawnSync('umount', ['--lazy', place], { stdio: 'ignore' });
  spawnSync('rm', ['-rf', '--one-file-system', folder], { stdio: 'ignore' });
}

/** Ends the remaining processes of a run, and removes its folder. */
export function endRun(folder: string): void {
  try {
    endProcesses(folder);
    endHosts(folder);
    removeFolder(folder);
    // Retries, since files may still be written at that moment.
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** Ends the remains of runs whose reaper was killed, too, or that a crash or shutdown of the machine interrupted. */
export function endAbandonedRuns(): void {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const folder = join(tmpdir(), name);
    try {
      if (!isAlive(ownerOf(folder))) endRun(folder);
    } catch {
      // Another user's, or a run that is just beginning or ending: its owner cleans it up.
    }
  }
}
