import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runMark } from '../harness/env.js';
import { environment, FUSE } from './bare.js';

export interface Outcome {
  code: number;
  text: string;
}

export interface Machine {
  name: string;
  /** On the network of these machines, 10.0.0.0/16. */
  address: string;
  /** The user data for cloud-init. */
  userData: string;
  /** Folders of the host, by their path on the machine: a shared disk. */
  disks?: Readonly<Record<string, string>>;
  /** The first process of the machine whose network it joins, which holds the switch. */
  beside?: number;
}

/** A machine with systemd as its first process, in a folder that begins as `bare`, and no network except with those beside it. */
export class Guest {
  #container: ChildProcess | undefined;
  /** Its first process, by its number on the host. */
  leader = 0;
  readonly root: string;

  constructor(
    private readonly folder: string,
    bare: string,
    private readonly machine: Machine,
  ) {
    const own = join(folder, machine.name);
    this.root = join(own, 'root');
    for (const name of ['upper', 'work', 'root']) mkdirSync(join(own, name), { recursive: true });
    const layers = `lowerdir=${bare},upperdir=${join(own, 'upper')},workdir=${join(own, 'work')}`;
    const mounted = spawnSync('mount', ['-t', 'overlay', 'overlay', '-o', layers, this.root]).status === 0;
    // Some file systems do not support overlays.
    if (!mounted) execFileSync('cp', ['-a', `${bare}/.`, this.root]);
    this.#prepare();
  }

  /** Prepares the files that a cloud provides before boot. */
  #prepare(): void {
    const { name, userData } = this.machine;
    const seed = join(this.root, 'var/lib/cloud/seed/nocloud');
    mkdirSync(seed, { recursive: true });
    writeFileSync(join(seed, 'user-data'), userData);
    writeFileSync(join(seed, 'meta-data'), `instance-id: ${name}\nlocal-hostname: ${name}\n`);
    const where = 'datasource_list: [NoCloud]\nlocale: C.UTF-8\n';
    writeFileSync(join(this.root, 'etc/cloud/cloud.cfg.d/90-seed.cfg'), where);
    // All packages that it may need are there already.
    writeFileSync(join(this.root, 'etc/apt/sources.list'), '');
    writeFileSync(join(this.root, 'etc/hostname'), `${name}\n`);
    writeFileSync(join(this.root, 'etc/hosts'), `127.0.0.1 localhost\n127.0.1.1 ${name}\n`);
  }

  /** Boots it, and waits for the end of cloud-init. @throws cloud-init's output, when it failed */
  async boot(): Promise<void> {
    const binds = Object.entries(this.machine.disks ?? {}).map(([there, here]) => `--bind=${here}:${there}`);
    const usual = ['--register=no', '--keep-unit', '--private-network', '--boot', '--link-journal=no'];
    this.#container = spawn('timeout', [FUSE, 'systemd-nspawn', '-q', '-D', this.root, ...usual, ...binds], {
      env: { ...environment, ...runMark() },
      stdio: 'ignore',
      detached: true,
    });
    await this.#until('the machine to boot', () => (this.leader ||= this.#findLeader()) !== 0);
    this.#plugIn();
    await this.#until('cloud-init to begin', () => this.tell('test', '-e', '/run/cloud-init').code === 0);
    const { text } = await this.meanwhile('timeout', '180', 'cloud-init', 'status', '--wait');
    if (/status: done/.test(text)) return;
    throw new Error(
      `${this.machine.name}: ${text}\n${this.tell('cat', '/var/log/cloud-init-output.log').text}`,
    );
  }

  /** The machine's first process: the descendant of systemd-nspawn that has number 1 in its own namespace. */
  #findLeader(of = this.#container?.pid ?? 0): number {
    try {
      const children = readFileSync(`/proc/${of}/task/${of}/children`, 'utf8').trim();
      for (const child of children.split(' ').filter(Boolean)) {
        if (/^NSpid:\t\d+\t1$/m.test(readFileSync(`/proc/${child}/status`, 'utf8'))) return Number(child);
        const found = this.#findLeader(Number(child));
        if (found) return found;
      }
    } catch {
      // It is gone again: the search goes on.
    }
    return 0;
  }

  /** Its network card: a switch of its own, or a cable to that of the machine beside it. */
  #plugIn(): void {
    const { address, beside, name } = this.machine;
    const lan = (leader: number, ...args: string[]) =>
      execFileSync('nsenter', ['-t', String(leader), '-n', '--', 'ip', ...args], { env: environment });
    lan(this.leader, 'link', 'set', 'lo', 'up');
    if (beside) {
      // The host's process number: the command enters only the network namespace.
      lan(beside, 'link', 'add', name, 'type', 'veth', 'peer', 'name', 'lan', 'netns', String(this.leader));
      lan(beside, 'link', 'set', name, 'master', 'lan', 'up');
    } else lan(this.leader, 'link', 'add', 'lan', 'type', 'bridge');
    lan(this.leader, 'address', 'add', `${address}/16`, 'dev', 'lan');
    lan(this.leader, 'link', 'set', 'lan', 'up');
  }

  #enter(command: string[]): string[] {
    return ['-t', String(this.leader), '-m', '-u', '-i', '-n', '-p', '-C', '--', ...command];
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

  /** Like `tell`, without blocking this process, whose other work goes on. */
  async meanwhile(...command: string[]): Promise<Outcome> {
    const child = spawn('nsenter', this.#enter(command), { env: environment });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code: code ?? -1, text };
  }

  /** Runs a program of the host, with the host's files, in the machine's network. */
  beside(program: string, args: readonly string[]): ChildProcess {
    return spawn('nsenter', ['-t', String(this.leader), '-n', '--', program, ...args], {
      env: environment,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  }

  /** @throws the command's output, when it failed */
  do(...command: string[]): string {
    const { code, text } = this.tell(...command);
    if (code !== 0)
      throw new Error(`expected "${command.join(' ')}" to succeed but received ${code}:\n${text}`);
    return text;
  }

  /** Runs a script as if typed, up to the first command that fails. */
  type(script: string): string {
    return this.do('bash', '-c', `set -eo pipefail; cd /root; ${script}`);
  }

  /** Repeats a command until its output matches `pattern`, for a minute at most. @throws the last output */
  async waitFor(pattern: RegExp, ...command: string[]): Promise<string> {
    let last = '';
    await this.#until(`${String(pattern)} from ${command.join(' ')}`, () => {
      last = this.tell(...command).text;
      return pattern.test(last);
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}, which said:\n${last}`);
    });
    return last;
  }

  async #until(what: string, holds: () => boolean): Promise<void> {
    for (const end = Date.now() + 60_000; Date.now() < end; await sleep(200)) if (holds()) return;
    throw new Error(`waited a minute for ${what}`);
  }

  async stop(): Promise<void> {
    const container = this.#container;
    if (!container?.pid || container.exitCode !== null) return;
    const ended = once(container, 'exit');
    this.tell('systemctl', 'poweroff');
    await Promise.race([ended, sleep(15_000)]);
    if (container.exitCode === null) execFileSync('kill', ['-KILL', '--', `-${container.pid}`]);
  }
}
