import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bareEnvironment, RUN } from '../harness/env.js';
import { servers } from '../harness/servers.js';

const run = promisify(execFile);

/** The user of the image's programs. */
export const USER = 10_001;

/** A machine may have cgroups of both versions, which crun refuses: for these containers only the first is there. */
const alone = [
  'unshare',
  '--mount',
  'sh',
  '-c',
  'umount /sys/fs/cgroup/unified 2> /dev/null; exec podman "$@"',
  'podman',
];

/** Images and containers of the run's own. It keeps no log, and needs no systemd. */
const podman = (): string[] => {
  const folder = join(servers().folder, 'podman');
  const own = [
    '--root',
    join(folder, 'store'),
    '--runroot',
    join(folder, 'run'),
    '--tmpdir',
    join(folder, 'tmp'),
  ];
  return [...alone, ...own, '--cgroup-manager=cgroupfs', '--events-backend=none'];
};

/** Every container's restrictions: no right, a root that cannot be written, the network of PostgreSQL and Redis. */
const contained = [
  '--rm',
  '--log-driver=none',
  '--cgroups=disabled',
  '--ulimit=nofile=4096',
  '--ulimit=nproc=4096',
].concat(
  [
    '--network=host',
    '--read-only',
    '--read-only-tmpfs=false',
    '--tmpfs=/tmp',
    '--cap-drop=all',
    '--security-opt=no-new-privileges',
  ],
  // By its environment the run finds what it started.
  [`--env=${RUN}`, '--no-healthcheck'],
);

const split = ([program = '', ...args]: string[]): [string, string[]] => [program, args];

export async function tell(...args: string[]): Promise<string> {
  const { stdout, stderr } = await run(...split([...podman(), ...args]), {
    env: bareEnvironment(),
    maxBuffer: 1 << 26,
  });
  return stdout + stderr;
}

/** Runs a container to its end. @throws with its output when it fails */
export const runOnce = (...args: string[]): Promise<string> => tell('run', ...contained, ...args);

/** The reason why no container starts here, tried with this machine's own programs; null where one does. */
export function whyNot(): string | null {
  if (process.getuid?.() !== 0) return 'it takes root to make the image and its containers';
  for (const program of ['mmdebstrap', 'buildah', 'podman'])
    if (!existsSync(`/usr/bin/${program}`)) return `${program} is not installed`;
  const empty = join(servers().folder, 'empty');
  mkdirSync(empty);
  const system = ['/usr', '/bin', '/lib', '/lib64']
    .filter(existsSync)
    .map((path) => `--volume=${path}:${path}:ro`);
  const [program, args] = split([
    ...podman(),
    'run',
    ...contained,
    ...system,
    '--rootfs',
    empty,
    '/usr/bin/true',
  ]);
  const { status, stderr } = spawnSync(program, args, { env: bareEnvironment(), encoding: 'utf8' });
  return status === 0 ? null : stderr.trim();
}

/** A folder of this run for a volume, as the image owns it. */
export function volume(name: string): string {
  const folder = join(servers().folder, name);
  mkdirSync(folder);
  chownSync(folder, USER, USER);
  return folder;
}

/** A container that serves. */
export class Container {
  private readonly process: ChildProcess;
  private readonly name: string;
  log = '';

  constructor(
    /** The port of its metrics and health, which no other has. */
    readonly metrics: number,
    /** Options of podman, with the image behind them. */
    options: readonly string[],
    command: readonly string[],
  ) {
    this.name = `narwhal-${metrics}`;
    const args = [...podman(), 'run', ...contained, `--name=${this.name}`, ...options, ...command];
    const [program, rest] = split(args);
    this.process = spawn(program, rest, { env: bareEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.process.stdout, this.process.stderr])
      stream?.on('data', (chunk: Buffer) => (this.log += chunk.toString()));
  }

  /** Runs one more command in it, as an operator does. @throws with its output when it fails */
  do(...words: string[]): Promise<string> {
    return tell('exec', this.name, 'narwhal', ...words);
  }

  /** Runs the command that the image names as its health check. @throws with what it said, until it succeeds */
  async beHealthy(): Promise<void> {
    if (this.process.exitCode !== null) throw new Error(`${this.name} ended`);
    await this.do('healthy');
  }

  /** SIGTERM, as every runtime sends it; returns the exit code. */
  async stop(): Promise<number | null> {
    if (this.process.exitCode !== null) return this.process.exitCode;
    const exited = once(this.process, 'exit') as Promise<[number | null]>;
    this.process.kill('SIGTERM');
    return (await exited)[0];
  }
}
