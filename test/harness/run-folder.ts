import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endLeftGroup, identityOf, isAlive, signal, type ProcessMark } from '../../scripts/processes.ts';

const PREFIX = 'narwhal-test-';

/**
 * A test run keeps everything in one folder: servers' data, objects, logs, and the numbers of its processes, so that
 * whatever happens to the run, the next one finds and ends what it left.
 */
export function makeRunFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), PREFIX));
  // Passable, not listable: servers that may not run as root enter their own folders in it.
  chmodSync(folder, 0o711);
  mkdirSync(join(folder, 'pids'));
  writeFileSync(join(folder, 'owner'), `${process.pid}\n${identityOf(process.pid)}`);
  return folder;
}

function pidFile(folder: string, pid: number): string {
  return join(folder, 'pids', String(pid));
}

function markOf(folder: string, pid: number): ProcessMark {
  return { pid, identity: readFileSync(pidFile(folder, pid), 'utf8') };
}

/** Notes a process that was started for this run. */
export function remember(folder: string, { pid, identity }: ProcessMark): void {
  writeFileSync(pidFile(folder, pid), identity);
}

/** A process that has ended in order. */
export function forget(folder: string, { pid }: ProcessMark): void {
  rmSync(pidFile(folder, pid), { force: true });
}

/** Ends what still runs of a run, with its children, and removes its folder. Synchronous: it also runs at exit. */
export function endRun(folder: string): void {
  try {
    for (const pid of readdirSync(join(folder, 'pids')).map(Number)) {
      const mark = markOf(folder, pid);
      if (isAlive(mark)) signal(-pid, 'SIGKILL');
      else endLeftGroup(mark);
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** Ends what runs that were killed have left behind. */
export function endAbandonedRuns(): void {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const folder = join(tmpdir(), name);
    try {
      const [pid = '', identity = ''] = readFileSync(join(folder, 'owner'), 'utf8').split('\n');
      if (!isAlive({ pid: Number(pid), identity })) endRun(folder);
    } catch {
      // Of another user, or of a run that begins or ends at this very moment: it has an owner who looks after it.
    }
  }
}
