import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isAlive, launch } from '../../scripts/processes.ts';
import { endAbandonedRuns, makeRunFolder, remember } from './run-folder.js';

async function runWithChild() {
  const folder = makeRunFolder();
  const child = await launch({ command: 'sleep', args: ['60'], logFile: join(folder, 'sleep.log') });
  remember(folder, child);
  return { folder, child };
}

test('what a killed run left is ended and removed by the next one', async () => {
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
  writeFileSync(join(folder, 'owner'), '999999999\nof another time');
  endAbandonedRuns();
  await child.ended;
});
