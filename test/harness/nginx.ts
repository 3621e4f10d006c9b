import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../../tools/dev/install.mjs';
import { freePort } from '../../tools/dev/ports.ts';
import { endProcess, launch, signal, type Launched } from '../../tools/dev/processes.ts';
import { findProgram } from '../../tools/dev/system-packages.ts';
import { bareEnvironment } from './env.js';
import { servers } from './servers.js';
import { patient } from './pace.js';

export const nginxInstalled = findProgram('nginx') !== undefined;

const modules = '/usr/lib/nginx/modules';
/** Whether brotli can be tested: its modules are a separate package. */
export const brotliInstalled =
  spawnSync('test', ['-f', `${modules}/ngx_http_brotli_filter_module.so`]).status === 0;

export interface NginxOptions {
  /** The environment of `npm run nginx`. */
  settings: Record<string, string>;
  /** `host:port`s; an unused port where only media are requested. */
  apis?: string[];
  /** Further options of `npm run nginx`. */
  options?: string[];
}

/** A real NGINX with the configuration that `npm run nginx` makes. */
export class Nginx {
  private process: Launched | undefined;

  private constructor(
    readonly folder: string,
    private readonly port: number,
    private readonly statusPort: number,
  ) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get statusUrl(): string {
    return `http://127.0.0.1:${this.statusPort}/nginx_status`;
  }

  static async start(name: string, options: NginxOptions): Promise<Nginx> {
    const folder = join(servers().folder, name);
    mkdirSync(folder);
    const nginx = new Nginx(folder, await freePort(), await freePort());
    await nginx.configure(options);
    return nginx;
  }

  private get file(): string {
    return join(this.folder, 'nginx.conf');
  }

  /** Writes the configuration, which NGINX itself has to accept. */
  write({ settings, apis = ['127.0.0.1:9'], options = [] }: NginxOptions): void {
    const program = join(root, 'dist', 'infra', 'nginx', 'main.js');
    const env = { ...bareEnvironment(), ...settings };
    // Its workers read the tests' files: they run as the same user.
    const user = process.getuid?.() === 0 ? ['--user', 'root'] : [];
    const addresses = ['--listen', `127.0.0.1:${this.port}`, '--status', `127.0.0.1:${this.statusPort}`];
    const own = [...addresses, '--folder', this.folder, '--workers', '1', ...user];
    const args = [program, ...own, ...apis.flatMap((api) => ['--api', api]), ...options];
    const { stdout, stderr, status } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
    if (status !== 0) throw new Error(`expected a configuration of NGINX but received ${stderr}`);
    writeFileSync(this.file, stdout);
    const checked = spawnSync('nginx', [...this.arguments(), '-t'], { encoding: 'utf8' });
    if (checked.status !== 0)
      throw new Error(`expected NGINX to take its configuration but received ${checked.stderr}`);
  }

  private arguments(): string[] {
    return ['-e', join(this.folder, 'error.log'), '-c', this.file];
  }

  /** Restarts with another configuration. */
  async configure(options: NginxOptions): Promise<void> {
    await this.stop();
    this.write(options);
    const logFile = join(this.folder, 'output.log');
    const args = [...this.arguments(), '-g', 'daemon off;'];
    this.process = await launch({
      command: 'nginx',
      args,
      logFile,
      env: bareEnvironment(),
      cwd: this.folder,
    });
    for (let tries = 0; tries < patient(200); tries += 1) {
      if (await fetch(`${this.url}/media/`).catch(() => null)) return;
      await sleep(25);
    }
    throw new Error(`expected NGINX to serve but it does not; see ${this.folder}`);
  }

  /** Reloads another configuration while it serves. */
  reload(options: NginxOptions): void {
    this.write(options);
    if (this.process) signal(this.process.pid, 'SIGHUP');
  }

  /** Every request so far, from the log. */
  log(): Record<string, unknown>[] {
    const lines = readFileSync(join(this.folder, 'access.log'), 'utf8').trim().split('\n');
    return lines.filter(Boolean).map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  async stop(): Promise<void> {
    const { process: running } = this;
    if (!running) return;
    this.process = undefined;
    await endProcess(running, [{ signal: 'SIGTERM', patience: patient(5_000) }]);
  }
}
