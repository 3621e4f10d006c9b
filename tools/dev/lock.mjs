// Two commands started at once in one clone must not install or build over each other.
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const clone = createHash('sha256')
  .update(import.meta.url)
  .digest('hex')
  .slice(0, 12);

/** @param {string} file */
function tryTake(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    return false;
  }
}

/** No install or build takes this long, so an older file is stale and its process number may have been reused. */
const oldestLock = 15 * 60_000;

/**
 * Whether the process that wrote the file is gone. A half-written file (no number yet) counts as held.
 *
 * @param {string} file
 */
function isAbandoned(file) {
  try {
    if (Date.now() - statSync(file).mtimeMs > oldestLock) return true;
    const holder = Number(readFileSync(file, 'utf8'));
    if (holder > 0) process.kill(holder, 0);
    return false;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'ESRCH';
  }
}

/**
 * Runs `work` while no other process of this clone holds the lock of that name. The file lies outside the clone, since the
 * install empties node_modules.
 *
 * @template T
 * @param {string} name
 * @param {() => T | Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(name, work) {
  const file = join(tmpdir(), `narwhal-${clone}-${name}.lock`);
  for (let attempt = 0; !tryTake(file); attempt += 1) {
    if (attempt === 0) console.log(`Waiting for another Narwhal command that is at its ${name} ...`);
    if (isAbandoned(file)) rmSync(file, { force: true });
    else await sleep(200);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}
