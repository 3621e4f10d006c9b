import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { inject } from 'vitest';
import { root } from '../../tools/dev/install.mjs';
import { endProcess, launch, signal, type Launched } from '../../tools/dev/processes.ts';
import { patient } from './pace.js';

const HOST = '127.0.0.1';
const PATIENCE = patient(60_000);

export interface ApplicationOptions {
  name: 'api' | 'worker';
  /** The api's port; a worker has none. */
  port: number;
  metricsPort: number;
  settings: Record<string, string>;
  logFile: string;
  /** Put before the program, such as `nsenter`. */
  prefix?: readonly string[];
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}

/** One api or worker process of the built output, which may be killed and restarted at will. */
export class Application {
  private process: Launched | undefined;

  readonly url: string;
  readonly metricsUrl: string;
  private readonly healthOrigin: string;

  constructor(private readonly options: ApplicationOptions) {
    const operations = `http://${HOST}:${options.metricsPort}`;
    this.url = `http://${HOST}:${options.port}`;
    this.metricsUrl = `${operations}/metrics`;
    this.healthOrigin = options.name === 'api' ? this.url : operations;
  }

  /** Its settings, except its ports. */
  get settings(): Record<string, string> {
    return this.options.settings;
  }

  get pid(): number {
    if (!this.process) throw new Error(`expected a running ${this.options.name} but it is stopped`);
    return this.process.pid;
  }

  /** Its output so far, over all its starts. */
  log(): string {
    return readFileSync(this.options.logFile, 'utf8');
  }

  /** Settles once it is ready; pass '/health/live' as `until` for one that never will be. */
  async start(until: '/health/ready' | '/health/live' = '/health/ready'): Promise<void> {
    const { name, port, metricsPort, settings, logFile, prefix = [] } = this.options;
    const addresses: Record<string, string> =
      name === 'api'
        ? { PORT: String(port), METRICS_ADDR: `${HOST}:${metricsPort}` }
        : { WORKER_METRICS_ADDR: `${HOST}:${metricsPort}` };
    const env = { ...settings, ...addresses };
    const program = join(root, 'dist', 'apps', name, 'src', 'main.js');
    const hear = `${pathToFileURL(join(root, 'test/setup/hear-statements.mjs')).href}?into=${join(inject('run'), 'statements')}`;
    const node = [process.execPath, '--enable-source-maps', '--import', hear];
    const [command, ...args] = [...prefix, ...node, program];
    this.process = await launch({ command, args, logFile, env, cwd: root });
    await this.untilReady(this.process, this.healthOrigin + until);
  }

  private async untilReady(process: Launched, url: string): Promise<void> {
    const { name, logFile } = this.options;
    let ended: string | undefined;
    void process.ended.then((reason) => (ended = reason));
    const deadline = Date.now() + PATIENCE;
    while (!(await isReady(url))) {
      if (ended ?? Date.now() > deadline) {
        const tail = this.log().split('\n').slice(-30).join('\n');
        throw new Error(`${name} did not become ready (${ended ?? url}); the end of ${logFile}:\n${tail}`);
      }
      await sleep(25);
    }
  }

  /** kill -9 by default, of this process alone; settles when it is gone. */
  async kill(name: NodeJS.Signals = 'SIGKILL'): Promise<string> {
    const { process, pid } = this;
    signal(pid, name);
    const reason = (await process?.ended) ?? '';
    this.process = undefined;
    return reason;
  }

  get readyUrl(): string {
    return `${this.healthOrigin}/health/ready`;
  }

  isReady(): Promise<boolean> {
    return isReady(this.readyUrl);
  }

  /** SIGTERM, and the time to finish; then kills the rest of its group. */
  async stop(): Promise<void> {
    const { process } = this;
    if (!process) return;
    this.process = undefined;
    await endProcess(process, [{ signal: 'SIGTERM', patience: patient(20_000) }]);
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }
}
