import { spawnSync } from 'node:child_process';
import { accessSync, chmodSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { interactive, isRoot, searchPath } from './env.ts';
import { Refusal, say, warn } from './say.ts';

/** Servers are often installed in folders that are only on root's PATH. */
const systemFolders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

export function findProgram(name: string): string | undefined {
  return [...searchPath(), ...systemFolders].map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The path of a program, installed from the system's packages when it is missing. A service that the package contains is left
 * stopped: Narwhal starts its own, with its own data.
 */
export function ensureProgram(program: string, packageName: string): string {
  const found = findProgram(program);
  if (found) return found;
  install(program, packageName);
  const installed = findProgram(program);
  if (installed) return installed;
  throw new Refusal(`${packageName} was installed, but brought no ${program}.`);
}

/** Installs a package without a program, which is detected by a file: one of `files` has to exist. */
export function ensureFile(files: readonly string[], packageName: string): void {
  if (!files.some((file) => existsSync(file))) install(files[0] ?? packageName, packageName);
}

/** Whether a package can be installed at all; asking needs no rights. */
function isOffered(packageName: string): boolean {
  const said = spawnSync('apt-cache', ['show', '--no-all-versions', packageName], { stdio: 'ignore' });
  return said.status === 0;
}

/** Like `ensureFile`, but optional: returns whether the file exists now. */
export function offerFile(file: string, packageName: string): boolean {
  if (existsSync(file)) return true;
  if (!isOffered(packageName)) return false;
  try {
    install(file, packageName);
  } catch {
    return false;
  }
  return existsSync(file);
}

/** The wall around the processes that open photos; without it they run all the same, and the worker says what that means. */
export function offerBubblewrap(): void {
  if (offerFile('/usr/bin/bwrap', 'bubblewrap')) return;
  warn(
    'bubblewrap cannot be installed here, so photos are opened without a wall; by hand: apt-get install bubblewrap',
  );
}

function install(program: string, packageName: string): void {
  const byHand = `  ${isRoot ? '' : 'sudo '}apt-get install ${packageName}`;
  if (!findProgram('apt-get')) {
    throw new Refusal(
      `Narwhal needs ${program}, which this system's package manager has; please install it.`,
    );
  }
  const asRoot = rootPrefix();
  if (!asRoot) {
    throw new Refusal(`Narwhal needs ${program}, and installing it takes root. Please type:\n\n${byHand}\n`);
  }
  say(`${program} is missing: installing the package ${packageName} (apt-get) ...`);
  refreshPackageLists(asRoot);
  if (!withServicesLeftStopped(asRoot, packageName)) {
    throw new Refusal(
      `apt-get could not install ${packageName}; its messages are above. By hand:\n\n${byHand}\n`,
    );
  }
}

/** The command prefix that makes it run as root; undefined when there is no way to. */
function rootPrefix(): string[] | undefined {
  if (isRoot) return [];
  if (!findProgram('sudo')) return undefined;
  if (spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0) return ['sudo', '-n'];
  return interactive ? ['sudo'] : undefined;
}

function run(command: string[], quiet = true): boolean {
  const [program = '', ...args] = command;
  return (
    spawnSync(program, args, { stdio: ['inherit', quiet ? 'ignore' : 'inherit', 'inherit'] }).status === 0
  );
}

/** Another apt may be running (a fresh cloud machine updates itself): wait for it rather than fail. */
const aptGet = 'env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=300'.split(' ');
let listsRefreshed = false;

function refreshPackageLists(asRoot: string[]): void {
  if (!listsRefreshed) run([...asRoot, ...aptGet, 'update']);
  listsRefreshed = true;
}

const servicePolicy = '/usr/sbin/policy-rc.d';

/** Debian starts the services it installs unless policy-rc.d returns 101; an existing policy-rc.d is somebody's decision. */
function withServicesLeftStopped(asRoot: string[], packageName: string): boolean {
  const ours = !existsSync(servicePolicy);
  if (ours) writeServicePolicy(asRoot);
  try {
    return run([...asRoot, ...aptGet, 'install', '--no-install-recommends', packageName]);
  } finally {
    if (ours && isRoot) rmSync(servicePolicy, { force: true });
    else if (ours) run([...asRoot, 'rm', '-f', servicePolicy]);
    if (hasUnit(packageName)) run([...asRoot, 'systemctl', 'disable', '--quiet', packageName]);
  }
}

/** Whether systemd runs here and would start the package's service at the next boot. */
function hasUnit(packageName: string): boolean {
  return existsSync('/run/systemd/system') && existsSync(`/lib/systemd/system/${packageName}.service`);
}

function writeServicePolicy(asRoot: string[]): void {
  const script = '#!/bin/sh\nexit 101\n';
  if (isRoot) {
    writeFileSync(servicePolicy, script);
    chmodSync(servicePolicy, 0o755);
  } else {
    const write = `printf '%s' "$1" > ${servicePolicy} && chmod 755 ${servicePolicy}`;
    run([...asRoot, 'sh', '-c', write, 'sh', script]);
  }
}
