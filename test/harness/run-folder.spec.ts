import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isAlive, launch } from '../../tools/dev/processes.ts';
import { bareEnvironment, RUN } from './env.js';
import { endAbandonedRuns, endRun, makeRunFolder } from './run-folder.js';

async function runWithChild() {
  const folder = makeRunFolder();
  const env = { ...bareEnvironment(), [RUN]: folder };
  const logFile = join(folder, 'sleep.log');
  const child = await launch({ command: 'sleep', args: ['60'], logFile, env });
  return { folder, child };
}

test('what a run left whose reaper was killed, too, is ended and removed by the next one', async () => {
  const { folder, child } = await runWithChild();
  writeFileSync(join(folder, 'owner'), '999999999\nof another time');
  endAbandonedRuns();
  await child.ended;
  expect([isAlive(child), existsSync(folder)]).toEqual([false, false]);
});

test('a run whose owner lives is left alone', async () => {
  const { folder, child } = await runWithChild();
  endAbandonedRuns();
  expect([isAlive(child), existsSync(folder)]).toEqual([true, true]);
  endRun(folder);
  await child.ended;
});
