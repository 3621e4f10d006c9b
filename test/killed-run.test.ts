import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { root } from '../tools/dev/install.mjs';
import { signal } from '../tools/dev/processes.ts';
import { endRun, processesOf } from './harness/run-folder.js';
import { bareEnvironment } from './harness/env.js';
import { patient } from './harness/pace.js';

vi.setConfig({ testTimeout: patient(180_000) });

const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const config = join(root, 'test', 'fixtures', 'killed-run', 'vitest.config.ts');

let folder = '';
afterEach(() => {
  if (folder) endRun(folder);
});

/** Starts a run below a shell, as npm does. Returns the process numbers of both once everything of it runs. */
async function begin(project: 'stack' | 'redis', wrapper: string[] = []) {
  const words = [...wrapper, process.execPath, vitest, 'run', '--config', config, '--project', project];
  // The second command keeps the shell from exec-ing the first.
  const child = spawn('sh', ['-c', `${words.join(' ')}; : narwhal.mjs`], {
    cwd: root,
    env: bareEnvironment(),
    detached: true,
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  await expect.poll(() => said, { timeout: patient(120_000) }).toContain('the run is');
  folder = /the run is (\S+)/.exec(said)?.[1] ?? '';
  const owner = Number(readFileSync(join(folder, 'owner'), 'utf8').split('\n')[0]);
  return { shell: child.pid ?? 0, owner };
}

/** No process and no file of the run is left. */
async function isGone(): Promise<void> {
  const left = () => [processesOf(folder), existsSync(folder)];
  await expect.poll(left, { timeout: patient(15_000) }).toEqual([[], false]);
}

test('a run that is killed takes its stack and its servers with it', async () => {
  const { owner } = await begin('stack');
  // A worker of Vitest, PostgreSQL, two Redis, api and worker.
  expect(processesOf(folder).length).toBeGreaterThanOrEqual(6);
  signal(owner, 'SIGKILL');
  await isGone();
});

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('so does one that ends by %s', async (name) => {
  const { owner } = await begin('redis');
  expect(processesOf(folder).length).toBeGreaterThanOrEqual(4);
  signal(owner, name);
  await isGone();
});

test('so does one whose launcher was killed and knows nothing of it', async () => {
  const { shell, owner } = await begin('redis');
  signal(shell, 'SIGKILL');
  await isGone();
  expect(existsSync(`/proc/${owner}/exe`)).toBe(false);
});

test('so does one that is over its time', async () => {
  const { shell } = await begin('redis');
  // As `timeout --kill-after` does: the whole group at once.
  signal(-shell, 'SIGKILL');
  await isGone();
});
