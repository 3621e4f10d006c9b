import { randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../../tools/dev/install.mjs';
import { endProcess, launch, type Launched } from '../../tools/dev/processes.ts';
import { findProgram } from '../../tools/dev/system-packages.ts';
import { inject } from 'vitest';
import { bareEnvironment } from './env.js';
import { noteHosts } from './run-folder.js';
import { patient } from './pace.js';

export const fleetInstalled = ['nginx', 'haproxy', 'pgbouncer', 'pdns_server', 'openssl'].every((name) =>
  findProgram(name),
);

/** Whether separate hosts can be made: needs root, and a kernel that allows it. */
export const hostsPossible =
  process.getuid?.() === 0 &&
  spawnSync('unshare', ['-n', 'ip', 'link', 'add', 'nwtry', 'type', 'bridge'], { stdio: 'ignore' }).status ===
    0;

export interface Row {
  part: string;
  address: string;
  process: number | null;
  state: string;
  rotation: string;
  rates: (number | null)[];
}

/** `npm run fleet`, in its own folder and on its own addresses. */
export class RunningFleet {
  readonly net = randomInt(120, 250);
  private process: Launched | undefined;

  constructor(
    readonly folder: string,
    private readonly options: readonly string[],
    private readonly settings: Record<string, string>,
  ) {}

  static start(...options: string[]): Promise<RunningFleet> {
    return RunningFleet.startWith({}, ...options);
  }

  /** With settings of the applications. */
  static async startWith(settings: Record<string, string>, ...options: string[]): Promise<RunningFleet> {
    const folder = mkdtempSync(join(tmpdir(), 'narwhal-fleet-'));
    spawnSync('chmod', ['711', folder]);
    const fleet = new RunningFleet(folder, options, settings);
    try {
      await fleet.begin();
    } catch (error) {
      await fleet.stop();
      throw error;
    }
    return fleet;
  }

  get data(): string {
    return join(this.folder, 'fleet');
  }

  private get logFile(): string {
    return join(this.folder, 'output');
  }

  output(): string {
    return readFileSync(this.logFile, 'utf8');
  }

  /** The output of a part so far. */
  log(part: string): string {
    return readFileSync(join(this.data, 'logs', `${part}.log`), 'utf8');
  }

  /** The address of a part. */
  async addressOf(name: string): Promise<string> {
    const found = (await this.rows()).find(({ part }) => part === name);
    if (!found) throw new Error(`expected a part ${name} but there is none`);
    return found.address;
  }

  get dns(): string {
    return `${this.options.includes('--hosts') ? 10 : 127}.${this.net}.0.2:5300`;
  }

  get authority(): string {
    return readFileSync(join(this.data, 'certificate', 'ca.pem'), 'utf8');
  }

  private async begin(): Promise<void> {
    mkdirSync(this.folder, { recursive: true });
    if (this.options.includes('--hosts')) noteHosts(inject('run'), this.net);
    const env = {
      ...bareEnvironment(),
      NARWHAL_DATA: this.folder,
      RATE_LIMITS: 'off',
      ...this.settings,
    };
    const args = [join(root, 'tools/dev/narwhal.mjs'), 'fleet', '--net', String(this.net), ...this.options];
    this.process = await launch({ command: process.execPath, args, logFile: this.logFile, env, cwd: root });
    let ended: string | undefined;
    void this.process.ended.then((reason) => (ended = reason));
    for (
      const deadline = Date.now() + patient(150_000);
      !this.output().includes('fleet is up');
      await sleep(100)
    ) {
      if (ended ?? Date.now() > deadline)
        throw new Error(`the fleet did not come up (${ended}):\n${this.output()}`);
    }
  }

  /** Sends an order as another terminal does. @throws Error with the fleet's message */
  async order(command: string, ...words: string[]): Promise<string> {
    const { control } = JSON.parse(readFileSync(join(this.data, 'fleet.json'), 'utf8')) as {
      control: { port: number; secret: string };
    };
    const response = await fetch(`http://127.0.0.1:${control.port}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${control.secret}` },
      body: JSON.stringify({ command, words }),
    });
    const { ok, text } = (await response.json()) as { ok: boolean; text: string };
    if (!ok) throw new Error(text);
    return text;
  }

  async rows(): Promise<Row[]> {
    return JSON.parse(await this.order('status', '--json')) as Row[];
  }

  /** Waits until every part is up and in rotation. */
  async untilWhole(patience = 60_000): Promise<void> {
    for (const deadline = Date.now() + patient(patience); ; await sleep(200)) {
      const amiss = (await this.rows()).filter(
        ({ state, rotation }) => state !== 'up' || rotation.startsWith('out'),
      );
      if (amiss.length === 0) return;
      if (Date.now() > deadline)
        throw new Error(`expected a whole fleet but received ${JSON.stringify(amiss)}`);
    }
  }

  /** Ends it as Ctrl-C does, and removes its folder. */
  async stop(): Promise<void> {
    if (this.process) await endProcess(this.process, [{ signal: 'SIGTERM', patience: patient(60_000) }]);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}
