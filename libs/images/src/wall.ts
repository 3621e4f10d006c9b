import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { chown, copyFile, link, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { SYSTEM_HEIF_TOOLS } from './heif-tools.js';
import { killGroup } from './process-group.js';
import { systemCallFilter } from './system-calls.js';

/** A child's files: the largest original again, a profile's PNG, the renditions. In memory, and gone with the child. */
const SCRATCH_BYTES = 256 * 1024 * 1024;

/** The most that one process may allocate, twice what any photo may take: the kernel's limit, where the watch's comes late. */
const DATA_BYTES = 3 * 1024 ** 3;

/** The user and group that own nothing, on every Linux. */
const NOBODY = 65_534;

const [BUBBLEWRAP, PRLIMIT, SETPRIV] = ['/usr/bin/bwrap', '/usr/bin/prlimit', '/usr/bin/setpriv'];
const RESOURCES = [PRLIMIT, '--core=0', '--nofile=256', `--fsize=${SCRATCH_BYTES}`, `--data=${DATA_BYTES}`];
const AS_NOBODY = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
const LIMITED = [...RESOURCES, SETPRIV, '--no-new-privs', '--pdeathsig=KILL'];
const NO_RIGHTS = ['--inh-caps=-all', '--bounding-set=-all'];

/** Found beside this file as built; specs, which run from source, name the built one. */
export const CHILD_FILE = fileURLToPath(new URL('./develop-child.js', import.meta.url));

const isRoot = process.getuid?.() === 0;

/** The strongest first; the last two are no wall. */
export type WallKind = 'namespaces' | 'user namespace' | 'another user' | 'none';

const isWhole = (kind: WallKind): boolean => kind === 'namespaces' || kind === 'user namespace';

/** How children are kept from everything but their photo on this machine. */
export interface Wall {
  kind: WallKind;
  /** The protection that is missing: the end of a sentence that begins with the worker. Null if none is. */
  loss: string | null;
  start(childFile: string, nodeArgs: readonly string[], folder?: string): Started;
}

export interface Started {
  process: ChildProcess;
  inbox: Inbox;
}

/** How a child sees one original at a time, which it can only read. */
interface Inbox {
  /** A folder of this machine; gone with the child. */
  folder: string;
  /** Returns the path by which the child sees it. */
  lay(original: string): Promise<string>;
  clear(): Promise<void>;
}

interface Command {
  words: string[];
  /** Two arenas keep glibc's malloc from retaining every thread's high-water mark. TMPDIR is the child's scratch folder. */
  env: { MALLOC_ARENA_MAX: '2'; TMPDIR: string };
  filter: Buffer | null;
  inbox: Inbox;
}

/** A link where the child is this user, as inside a user namespace; a copy of its own for another user. */
function inboxIn(folder: string, seenAs: string, asNobody: boolean): Inbox {
  const path = join(folder, 'in', 'original');
  const lay = async (original: string): Promise<void> => {
    // Fails where the original is on another disk, or not there at all, as the copy then says.
    if (
      !asNobody &&
      (await link(original, path).then(
        () => true,
        () => false,
      ))
    )
      return;
    await copyFile(original, path);
    if (asNobody) await chown(path, NOBODY, NOBODY);
  };
  return {
    folder,
    lay: async (original) => lay(original).then(() => join(seenAs, 'original')),
    clear: async () => rm(path, { force: true }),
  };
}

/** The folder that holds the compiled libraries, as the child imports them. */
const librariesOf = (childFile: string): string => dirname(dirname(dirname(childFile)));

function nearest(folder: string, name: string): string | null {
  const path = join(folder, name);
  if (existsSync(path)) return path;
  return folder === dirname(folder) ? null : nearest(dirname(folder), name);
}

/** The only files in the wall: libraries of the system, the programs that the child may run, Node and our code. */
function files(childFile: string): string[] {
  const libraries = librariesOf(childFile);
  const modules = nearest(libraries, 'node_modules');
  const tools = SYSTEM_HEIF_TOOLS.filter((path) => dirname(path) === '/usr/bin');
  const system = ['/usr/lib', '/usr/lib64', '/lib', '/lib64', '/bin/sh', SETPRIV, ...tools];
  // Tests and the launcher keep things in .cache.
  const within = '/app/node_modules/.cache';
  const cache =
    modules && existsSync(join(modules, '.cache')) ? ['--tmpfs', within, '--remount-ro', within] : [];
  const scratch = [
    '--perms',
    '0777',
    '--size',
    `${SCRATCH_BYTES}`,
    '--tmpfs',
    '/scratch',
    '--chdir',
    '/scratch',
  ];
  const options = [
    ...['/usr', '/usr/bin', '/bin', '/dev', '/app'].map((folder) => ['--dir', folder]),
    ...system.map((path) => ['--ro-bind-try', path, path]),
    ['--dev-bind', '/dev/null', '/dev/null'],
    ['--ro-bind', process.execPath, '/app/node'],
    ['--ro-bind', libraries, '/app/libs'],
    modules ? ['--ro-bind', modules, '/app/node_modules'] : [],
    cache,
    // Says that the code is ES modules.
    modules ? ['--ro-bind-try', join(dirname(modules), 'package.json'), '/app/package.json'] : [],
    scratch,
  ];
  return options.flat();
}

/**
 * bubblewrap's namespaces. Root makes them without a user namespace and then becomes nobody; another user becomes nobody in
 * a user namespace, which is how the kernel lets them make the others. There is no /proc in it: Node needs none, and another
 * one may not be mounted where systemd protects the machine's.
 */
function behindNamespaces(
  childFile: string,
  nodeArgs: readonly string[],
  folder: string,
  ownUser: boolean,
): Command {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const own = mkdtempSync(join(folder, 'child-'));
  // Open inside a folder that is not: nobody sees it only there.
  mkdirSync(join(own, 'in'), { mode: 0o755 });
  const namespaces = ['pid', 'net', 'ipc', 'uts', 'cgroup-try'].map((kind) => `--unshare-${kind}`);
  const user = ['--unshare-user', '--uid', `${NOBODY}`, '--gid', `${NOBODY}`];
  const rights = ['SETUID', 'SETGID', 'SETPCAP'].flatMap((name) => ['--cap-add', `CAP_${name}`]);
  const filter = systemCallFilter();
  const inside = join('/app/libs', relative(librariesOf(childFile), childFile));
  return {
    words: [
      ...RESOURCES,
      BUBBLEWRAP,
      ...namespaces,
      '--die-with-parent',
      '--new-session',
      '--cap-drop',
      'ALL',
      ...(ownUser ? user : rights),
      ...files(childFile),
      '--ro-bind',
      join(own, 'in'),
      '/in',
      '--remount-ro',
      '/',
      ...(filter ? ['--seccomp', '4'] : []),
      '--',
      ...(ownUser ? [] : [SETPRIV, ...AS_NOBODY, ...NO_RIGHTS]),
      '/app/node',
      ...nodeArgs,
      inside,
    ],
    env: { MALLOC_ARENA_MAX: '2', TMPDIR: '/scratch' },
    filter,
    inbox: inboxIn(own, '/in', !ownUser),
  };
}

/** The rest of the wall where namespaces are refused: no rights, another user if this one is root, and an end with the parent. */
function bare(childFile: string, nodeArgs: readonly string[], before: readonly string[]): Command {
  const asNobody = before.includes(AS_NOBODY[0] ?? '');
  const own = mkdtempSync(join(tmpdir(), 'narwhal-child-'));
  const scratch = join(own, 'scratch');
  mkdirSync(scratch, { mode: 0o700 });
  // The child comes through, but owns neither: a link that it left there would be written through.
  mkdirSync(join(own, 'in'), { mode: 0o711 });
  if (asNobody) {
    chmodSync(own, 0o711);
    chownSync(scratch, NOBODY, NOBODY);
  }
  return {
    words: [...before, process.execPath, ...nodeArgs, childFile],
    env: { MALLOC_ARENA_MAX: '2', TMPDIR: scratch },
    filter: null,
    inbox: inboxIn(own, join(own, 'in'), asNobody),
  };
}

type Build = (childFile: string, nodeArgs: readonly string[], folder: string) => Command;

const ways: { kind: WallKind; isFor: boolean; build: Build }[] = [
  {
    kind: 'namespaces',
    isFor: isRoot,
    build: (file, args, folder) => behindNamespaces(file, args, folder, false),
  },
  // Also root's, where nobody may not read the code.
  {
    kind: 'user namespace',
    isFor: true,
    build: (file, args, folder) => behindNamespaces(file, args, folder, true),
  },
  {
    kind: 'another user',
    isFor: isRoot,
    build: (file, args) => bare(file, args, [...LIMITED, ...AS_NOBODY, ...NO_RIGHTS]),
  },
  { kind: 'none', isFor: true, build: (file, args) => bare(file, args, LIMITED) },
];

/** Where not even limits can be set, as within some sandboxes and on systems without these programs. */
const unlimited: Build = (file, args) => bare(file, args, []);

/** The child has its channel to us as file 3; its environment holds nothing of the parent's, so no secret. */
function start({ words: [program = '', ...args], env, filter, inbox }: Command): Started {
  const stdio: StdioOptions = ['ignore', 'ignore', 'pipe', 'pipe', filter ? 'pipe' : 'ignore'];
  // It leads its own process group, so that its children end with it.
  const child = spawn(program, args, { cwd: '/', env, detached: true, stdio });
  if (filter) {
    const pipe = child.stdio[4] as Writable;
    // If it ended before it read this, that is told by its exit.
    pipe.on('error', () => undefined);
    pipe.end(filter);
  }
  // bubblewrap's first process may fail and leave its second one waiting for it.
  child.once('exit', () => killGroup(child.pid));
  child.once('close', () => rmSync(inbox.folder, { recursive: true, force: true }));
  return { process: child, inbox };
}

/** Node says within a second whether it can read the code, where the machine is not very busy. */
const TRIAL_MILLISECONDS = 20_000;

/** Null if a child starts this way here, or what was said instead. */
async function refusal(build: Build, childFile: string): Promise<string | null> {
  const { process: child } = start(build(childFile, ['--check'], tmpdir()));
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
  child.stdio[3]?.on('error', () => undefined);
  const timer = setTimeout(() => killGroup(child.pid), TRIAL_MILLISECONDS);
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    if (code === 0) return null;
    const lines = said.trim().split('\n');
    return (lines.find((line) => /^(bwrap|setpriv|prlimit)|Error/.test(line)) ?? lines.at(-1) ?? '').slice(
      0,
      200,
    );
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    clearTimeout(timer);
  }
}

function lossOf(kind: WallKind, why: string): string | null {
  if (isWhole(kind)) return null;
  const flaw =
    kind === 'another user'
      ? 'a flaw in a decoder would reach the network and whatever every user may read'
      : 'a flaw in a decoder would reach the network, and read whatever the worker may';
  return `opens photos without a wall (${why}): ${flaw}`;
}

/** Tries what this machine allows, the strongest first. `only` is for tests of the weaker ones. */
export async function findWall(childFile = CHILD_FILE, only?: WallKind): Promise<Wall> {
  let why = existsSync(BUBBLEWRAP) ? '' : 'bubblewrap is not installed';
  for (const { kind, build } of ways.filter((way) => way.isFor && (!only || way.kind === only))) {
    const refused = isWhole(kind) && !existsSync(BUBBLEWRAP) ? why : await refusal(build, childFile);
    if (refused === null || kind === 'none') {
      const way = refused === null ? build : unlimited;
      const open: Wall['start'] = (file, args, folder = tmpdir()) => start(way(file, args, folder));
      return { kind, loss: lossOf(kind, why), start: open };
    }
    why ||= refused;
  }
  throw new Error(`expected a way to start ${basename(childFile)}, but ${only} is refused here (${why})`);
}
