// Keeps node_modules in step with package-lock.json, so that `git pull && npm run up` is the whole upgrade.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock.mjs';

/** The folder that holds package.json, whatever the working directory is. */
export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

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
 * npm writes what it installed to a hidden lock file as its last step, so the two lock files tell precisely whether an
 * install is complete and current. (A stamp of our own was tried: every `npm install x` by hand made it needlessly stale.)
 */
function isCurrent(folder = root) {
  const installed = readLock(join(folder, 'node_modules', '.package-lock.json'));
  return Object.entries(readLock(join(folder, 'package-lock.json'))).every(([path, wanted]) => {
    if (path === '') return true;
    const found = installed[path];
    // Optional packages of other platforms are named in the lock, but are not installed.
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
 * Follows the lock file without changing it. Not `npm ci`: npm 11's refuses a lock file without the optional packages of
 * platforms that a registry's mirror did not have, and every one's first empties node_modules, under a Narwhal that may be running.
 */
const install = ['install', '--no-save', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];

/** @param {string} folder */
function npmInstall(folder) {
  const env = { ...process.env, PATH: pathWithoutModules() };
  const result = spawnSync('npm', install, { cwd: folder, stdio: 'inherit', env });
  if (result.error)
    throw new Error(`npm could not be started (${result.error.message}). It comes with Node.`);
  if (result.status !== 0) throw new Error('npm could not install the packages; its own messages are above.');
}

/**
 * A package of its own inside the project, with a lock file of its own.
 *
 * @param {string} folder
 */
export async function installPackage(folder) {
  if (isCurrent(folder)) return;
  await withLock('install', () => {
    if (isCurrent(folder)) return;
    console.log(`Installing the packages of ${folder} (npm) ...`);
    npmInstall(folder);
  });
}

export async function installDependencies() {
  if (isCurrent()) return;
  await withLock('install', () => {
    if (isCurrent()) return;
    console.log(
      existsSync(modules)
        ? 'package-lock.json has changed: installing packages (npm) ...'
        : 'First run: installing packages (npm), which takes about a minute ...',
    );
    npmInstall(root);
    if (!isCurrent())
      console.log('package-lock.json does not match package.json: `npm install` brings them together.');
  });
}

/** The Node that the project is tested on, or this one when it is new enough to run TypeScript by itself. */
export function projectNode() {
  if (existsSync(nodeOfPackage)) return realpathSync(nodeOfPackage);
  if (Number(process.versions.node.split('.')[0]) >= 24) return realpathSync(process.execPath);
  throw new Error(
    `Narwhal runs on Node 24, and this is Node ${process.versions.node}. The npm package "node" brings 24 by its install script,\n` +
      'which did not run here: npm is probably set to ignore-scripts. To run that one script:\n\n' +
      '  npm rebuild node --ignore-scripts=false\n',
  );
}
