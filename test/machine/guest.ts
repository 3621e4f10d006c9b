import { execFile, execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Seconds after which the machine is ended, should the test that started it be killed. */
const FUSE = '600';

const PREFIX = 'narwhal-machine-';

/** What a bare server of Debian has, and what the package recommends: the guest has no network to fetch it by. */
const packages = [
  'systemd-sysv',
  'dbus',
  'postgresql',
  'redis-server',
  'nginx-light',
  'iproute2',
  'logrotate',
  'procps',
];

const environment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LANG: 'C.UTF-8',
  DEBIAN_FRONTEND: 'noninteractive',
};

/** Why no machine can boot here; null where one can. */
export function whyNot(): string | null {
  if (process.getuid?.() !== 0) return 'it takes root to boot a machine';
  if (!existsSync('/usr/sbin/debootstrap') || !existsSync('/usr/bin/systemd-nspawn')) {
    return 'debootstrap and systemd-container are not installed';
  }
  const unshared = spawnSync('unshare', ['--mount', '--pid', '--net', '--fork', 'true']).status;
  return unshared === 0 ? null : 'the kernel allows no namespaces here';
}

/** With what is mounted in it let go first, and never further than its own file system: debootstrap mounts this kernel's. */
function removeFolder(folder: string): void {
  spawnSync('umount', ['--recursive', '--lazy', folder], { stdio: 'ignore' });
  spawnSync('rm', ['-rf', '--one-file-system', folder], { stdio: 'ignore' });
}

/** What runs that were killed have left: machines end by their fuse, their folders here. */
function endAbandoned(): void {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const [pid = ''] = name.slice(PREFIX.length).split('-');
    if (!existsSync(`/proc/${pid}`)) removeFolder(join(tmpdir(), name));
  }
}

export interface Outcome {
  code: number;
  text: string;
}

/** A machine with systemd as its first process, in a folder: Debian as debootstrap makes it, and no network but its own. */
export class Guest {
  #container: ChildProcess | undefined;
  #leader = 0;

  private constructor(
    private readonly folder: string,
    readonly root: string,
  ) {}

  static async create(mirror: string): Promise<Guest> {
    endAbandoned();
    const folder = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
    // In memory where there is enough: installing is all small writes that are waited for. A mount in any case, to let go of.
    const inMemory = ['-t', 'tmpfs', '-o', 'size=5g,mode=755', 'tmpfs', folder];
    await run('mount', freemem() > 8 * 1024 ** 3 ? inMemory : ['--bind', folder, folder]);
    const guest = new Guest(folder, join(folder, 'root'));
    const what = ['--variant=minbase', `--include=${packages.join(',')}`, 'bookworm', guest.root, mirror];
    await run('timeout', [FUSE, 'debootstrap', ...what], { env: environment, maxBuffer: 1 << 26 }).catch(
      (error: unknown) => {
        removeFolder(folder);
        throw error;
      },
    );
    return guest;
  }

  async boot(): Promise<void> {
    const options = [
      '-q',
      '-D',
      this.root,
      '--register=no',
      '--keep-unit',
      '--private-network',
      '--boot',
      '--link-journal=no',
    ];
    this.#container = spawn('timeout', [FUSE, 'systemd-nspawn', ...options], {
      env: environment,
      stdio: 'ignore',
      detached: true,
    });
    await this.#until('the machine to boot', () => {
      this.#leader ||= this.#findLeader();
      if (!this.#leader) return false;
      return /running|degraded/.test(this.tell('systemctl', 'is-system-running').text);
    });
    this.tell('ip', 'link', 'set', 'lo', 'up');
  }

  /** The first process of the machine: the descendant of systemd-nspawn that is number 1 in its own eyes. */
  #findLeader(of = this.#container?.pid ?? 0): number {
    try {
      for (const child of readFileSync(`/proc/${of}/task/${of}/children`, 'utf8')
        .trim()
        .split(' ')
        .filter(Boolean)) {
        if (/^NSpid:\t\d+\t1$/m.test(readFileSync(`/proc/${child}/status`, 'utf8'))) return Number(child);
        const found = this.#findLeader(Number(child));
        if (found) return found;
      }
    } catch {
      // Gone again: looked for anew.
    }
    return 0;
  }

  #enter(command: string[]): string[] {
    return ['-t', String(this.#leader), '-m', '-u', '-i', '-n', '-p', '-C', '--', ...command];
  }

  /** Runs a command on the machine and waits for it. */
  tell(...command: string[]): Outcome {
    const { status, stdout, stderr } = spawnSync('nsenter', this.#enter(command), {
      env: environment,
      encoding: 'utf8',
      timeout: 120_000,
    });
    return { code: status ?? -1, text: `${stdout}${stderr}` };
  }

  /** As `tell`, without waiting in this process: what else it does goes on. */
  async meanwhile(...command: string[]): Promise<Outcome> {
    const child = spawn('nsenter', this.#enter(command), { env: environment });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code: code ?? -1, text };
  }

  /** A program of this side, on this side's Node and files, that reaches the machine's loopback. */
  client(args: string[]): ChildProcess {
    return spawn('nsenter', ['-t', String(this.#leader), '-n', '--', process.execPath, ...args], {
      env: environment,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  }

  /** @throws what the command said, when it failed */
  do(...command: string[]): string {
    const { code, text } = this.tell(...command);
    if (code !== 0)
      throw new Error(`expected "${command.join(' ')}" to succeed but received ${code}:\n${text}`);
    return text;
  }

  async #until(what: string, holds: () => boolean): Promise<void> {
    for (const end = Date.now() + 60_000; Date.now() < end; await sleep(100)) if (holds()) return;
    throw new Error(`waited a minute for ${what}`);
  }

  async stop(): Promise<void> {
    const container = this.#container;
    if (container?.pid && container.exitCode === null) {
      const ended = once(container, 'exit');
      this.tell('systemctl', 'poweroff');
      await Promise.race([ended, sleep(15_000)]);
      if (container.exitCode === null) execFileSync('kill', ['-KILL', '--', `-${container.pid}`]);
    }
    removeFolder(this.folder);
  }
}
