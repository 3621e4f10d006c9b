import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { identityOf, signal } from '../../scripts/processes.ts';

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
  remember(folder, process.pid);
  writeFileSync(join(folder, 'owner'), String(process.pid));
  return folder;
}

function pidFile(folder: string, pid: number): string {
  return join(folder, 'pids', String(pid));
}

/** Notes a process that was started for this run, by number and start time. */
export function remember(folder: string, pid: number): void {
  writeFileSync(pidFile(folder, pid), identityOf(pid) ?? '');
}

/** A process that has ended in order. */
export function forget(folder: string, pid: number): void {
  rmSync(pidFile(folder, pid), { force: true });
}

function isAlive(folder: string, pid: number): boolean {
  const identity = identityOf(pid);
  return identity !== undefined && identity === readFileSync(pidFile(folder, pid), 'utf8');
}

/** Ends what still runs of a run, with its children, and removes its folder. Synchronous: it also runs at exit. */
export function endRun(folder: string): void {
  try {
    for (const pid of readdirSync(join(folder, 'pids')).map(Number)) {
      if (pid !== process.pid && isAlive(folder, pid)) signal(-pid, 'SIGKILL');
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
      const owner = Number(readFileSync(join(folder, 'owner'), 'utf8'));
      if (!isAlive(folder, owner)) endRun(folder);
    } catch {
      // Of another user, or of a run that begins or ends at this very moment: it has an owner who looks after it.
    }
  }
}
