import { spawnSync } from 'node:child_process';
import { PACE } from '../harness/env.js';

/**
 * Tests mostly wait for programs that start and work: so this starts one that works a little. In milliseconds, on two idle cores
 * of an AMD EPYC, the reference machine of the limits; the median of three, as one disturbance does not make a machine slow.
 */
const REFERENCE = 120;
const WORK = `const { createHash } = require('node:crypto'); const block = Buffer.alloc(65536);
for (let round = 0; round < 800; round += 1) createHash('sha256').update(block).digest();`;

function once(): number {
  const begun = performance.now();
  spawnSync(process.execPath, ['-e', WORK]);
  return performance.now() - begun;
}

const [, middle = REFERENCE] = [once(), once(), once()].sort((one, other) => one - other);

/** How many times slower this machine is than that one, at its current load; never less than 1. */
export const pace = Math.max(1, middle / REFERENCE);

/** For the configurations: scales a limit, and passes the pace on to the tests. */
export const scaled = (milliseconds: number): number => Math.ceil(milliseconds * pace);
export const paced = {
  env: { [PACE]: pace.toFixed(2) },
  // Vitest's second is less than a busy machine may need for anything.
  expect: { poll: { timeout: scaled(10_000) } },
};
