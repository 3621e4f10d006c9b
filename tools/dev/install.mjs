// Keeps node_modules in sync with package-lock.json, so that `git pull && npm run up` is the whole upgrade.
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock.mjs';

/** The folder that holds package.json, whatever the working directory is. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

const modules = join(root, 'node_modules');
const nodeOfPackage = join(modules, 'node', 'bin', 'node');

/** @typedef {{ version?: string, integrity?: string, optional?: boolean }} LockEntry */

/**
 * @param {string} file a lock file of npm
 * @returns {Record<string, LockEntry>}
 */
function readLock(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages ?? {};
  } catch {
    return {};
  }
}

/**
 * npm writes what it installed to a hidden lock file as its last operation, so comparing the two lock files shows precisely
 * whether an install is complete and current. (A stamp file was tried: every `npm install x` by hand made it needlessly stale.)
 */
function isCurrent(folder = root) {
  const installed = readLock(join(folder, 'node_modules', '.package-lock.json'));
  return Object.entries(readLock(join(folder, 'package-lock.json'))).every(([path, wanted]) => {
    if (path === '') return true;
    const found = installed[path];
    // The lock file lists optional packages of other platforms, which are not installed.
    if (!found) return wanted.optional === true;
    return found.version === wanted.version && found.integrity === wanted.integrity;
  });
}

/** npm must not run on the Node inside node_modules, which it is about to replace. */
function pathWithoutModules() {
  const entries = (process.env.PATH ?? '').split(delimiter);
  return entries.filter((entry) => !entry.startsWith(modules)).join(delimiter);
}

/**
 * Follows the lock file without changing it. Not `npm ci`: npm 11's rejects a lock file without the optional packages of platforms
 * that a registry's mirror did not have, and every version's first empties node_modules, under a Narwhal that may be running.
 */
const install = ['install', '--no-save', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];

/**
 * Returns when a process started, in clock ticks since boot, which tells it from a later one with the same number (field 22 of stat,
 * counted after the name, which may hold spaces); empty when it is gone.
 *
 * @param {string | number} pid
 */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

/**
 * Waits for an npm that outlived its killed command and still installs.
 *
 * @param {string} mark
 */
async function leftNpm(mark) {
  const [pid = '', started = ''] = existsSync(mark) ? readFileSync(mark, 'utf8').split(' ') : [];
  const isAtIt = () => started !== '' && startOf(pid) === started;
  if (isAtIt()) console.log(`Waiting for npm (process ${pid}), whose install was left running ...`);
  while (isAtIt()) await sleep(200);
}

/**
 * npm fails on the remains of an interrupted first install without saying so, so such a folder is emptied first. An interrupted upgrade
 * continues where it was, since a Narwhal may be running on it.
 *
 * @param {string} folder
 */
async function npmInstall(folder) {
  const modules = join(folder, 'node_modules');
  const mark = join(modules, '.narwhal-installing');
  await leftNpm(mark);
  if (isCurrent(folder)) return;
  if (existsSync(modules) && !existsSync(join(modules, '.package-lock.json'))) {
    console.log(`An install was cut off in ${modules}: installing all of it once more ...`);
    // Not the folder itself, which may be a mount.
    for (const name of readdirSync(modules)) rmSync(join(modules, name), { recursive: true });
  }
  mkdirSync(modules, { recursive: true });
  const env = { ...process.env, PATH: pathWithoutModules() };
  const npm = spawn('npm', install, { cwd: folder, stdio: 'inherit', env });
  if (npm.pid) writeFileSync(mark, `${npm.pid} ${startOf(npm.pid)}`);
  /** @type {number | null} */
  const code = await new Promise((settle, fail) => {
    npm.on('exit', settle);
    npm.on('error', ({ message }) =>
      fail(new Error(`npm could not be started (${message}). It comes with Node.`)),
    );
  });
  // When npm itself gives up, it rolls back.
  if (code !== null) rmSync(mark, { force: true });
  if (code !== 0) throw new Error('npm could not install the packages; its own messages are above.');
}

/**
 * A package inside the project, with its own lock file.
 *
 * @param {string} folder
 */
export async function installPackage(folder) {
  if (isCurrent(folder)) return;
  await withLock('install', async () => {
    if (isCurrent(folder)) return;
    console.log(`Installing the packages of ${folder} (npm) ...`);
    await npmInstall(folder);
  });
}

export async function installDependencies() {
  if (isCurrent()) return;
  await withLock('install', async () => {
    if (isCurrent()) return;
    console.log(
      existsSync(modules)
        ? 'package-lock.json has changed: installing packages (npm) ...'
        : 'First run: installing packages (npm), which takes about a minute ...',
    );
    await npmInstall(root);
    if (!isCurrent())
      console.log('package-lock.json does not match package.json: `npm install` brings them together.');
  });
}

/** The Node that the project is tested on, or this one when it is new enough to run TypeScript. */
export function projectNode() {
  if (existsSync(nodeOfPackage)) return realpathSync(nodeOfPackage);
  if (Number(process.versions.node.split('.')[0]) >= 24) return realpathSync(process.execPath);
  throw new Error(
    `Narwhal runs on Node 24, and this is Node ${process.versions.node}. The npm package "node" brings 24 by its install script,\n` +
      'which did not run here: npm is probably set to ignore-scripts. To run that one script:\n\n' +
      '  npm rebuild node --ignore-scripts=false\n',
  );
}
