import { spawnSync } from 'node:child_process';
import { PACE } from '../harness/env.js';

/**
 * What a test waits for is mostly programs that start and work: so one is started that works a little. In milliseconds, on
 * two quiet cores of an AMD EPYC, which limits are written for; the middle one of three, as one disturbance is no slow machine.
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

/** How many times slower this machine is than that one, by what it has left at the moment; never less than 1. */
export const pace = Math.max(1, middle / REFERENCE);

/** For the configurations: what becomes of a limit, and what tells the tests. */
export const scaled = (milliseconds: number): number => Math.ceil(milliseconds * pace);
export const paced = { env: { [PACE]: pace.toFixed(2) } };
