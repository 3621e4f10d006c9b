import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { endLeftGroup, endProcess, identityOf, isAlive, launch, signal } from './processes.ts';

const folder = mkdtempSync(join(tmpdir(), 'narwhal-processes-'));
const logFile = join(folder, 'log');

/** Starts a shell that prints its child's number, and waits for it. */
async function shellWithChild(
  trap = '',
): Promise<{ shell: Awaited<ReturnType<typeof launch>>; child: number }> {
  const log = join(folder, `${Math.random()}`);
  const shell = await launch({
    command: 'sh',
    args: ['-c', `${trap} sleep 600 & echo $!; wait; wait`],
    logFile: log,
  });
  while (!readFileSync(log, 'utf8').includes('\n')) await sleep(10);
  return { shell, child: Number(readFileSync(log, 'utf8')) };
}

async function gone(pid: number, tries = 100): Promise<boolean> {
  for (let attempt = 0; attempt < tries && identityOf(pid) !== undefined; attempt += 1) await sleep(10);
  return identityOf(pid) === undefined;
}

describe('processes', () => {
  afterAll(() => rmSync(folder, { recursive: true }));

  it('end with what they started', async () => {
    const { shell, child } = await shellWithChild();
    await endProcess(shell, [{ signal: 'SIGTERM', patience: 5_000 }]);
    expect(await shell.ended).toBe('signal SIGTERM');
    expect(await gone(child)).toBe(true);
  });

  it('are killed when they do not listen', async () => {
    const { shell } = await shellWithChild("trap '' TERM;");
    await endProcess(shell, [{ signal: 'SIGTERM', patience: 100 }]);
    expect(await shell.ended).toBe('signal SIGKILL');
  });

  it('leave a group that can be ended after them', async () => {
    const { shell, child } = await shellWithChild();
    signal(shell.pid, 'SIGKILL');
    await shell.ended;
    expect(identityOf(child)).toBeDefined();
    endLeftGroup(shell);
    expect(await gone(child)).toBe(true);
  });

  it('are told from later ones with the same number', async () => {
    const mark = { pid: process.pid, identity: identityOf(process.pid) ?? '' };
    expect(isAlive(mark)).toBe(true);
    const earlier = { pid: process.pid, identity: `${mark.identity}0` };
    expect(isAlive(earlier)).toBe(false);
    await endProcess(earlier, [{ signal: 'SIGTERM', patience: 100 }]);
  });

  it('that cannot be started are named', async () => {
    await expect(launch({ command: '/no/such/program', args: [], logFile })).rejects.toThrow(
      '/no/such/program',
    );
  });

  it('a command that npm started ends when npm is gone, however it went', async () => {
    const orphan = fileURLToPath(new URL('orphan.mjs', import.meta.url));
    const log = join(folder, 'orphan');
    const command = `"${process.execPath}" --import "${orphan}" -e 'console.log(process.pid); setInterval(() => {}, 1000)'; :`;
    const env = { npm_lifecycle_event: 'up' };
    const npm = await launch({ command: '/bin/sh', args: ['-c', command], logFile: log, env });
    while (!readFileSync(log, 'utf8').includes('\n')) await sleep(10);
    signal(npm.pid, 'SIGKILL');
    await npm.ended;
    const ended = await gone(Number(readFileSync(log, 'utf8')), 1_000);
    endLeftGroup(npm);
    expect(ended).toBe(true);
  });
});
