import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../../scripts/install.mjs';
import { freePort } from '../../scripts/ports.ts';
import { endProcess, launch, type Launched } from '../../scripts/processes.ts';
import { bareEnvironment } from './env.js';
import { forget, remember } from './run-folder.js';
import { servers } from './servers.js';

export const nginxInstalled = spawnSync('nginx', ['-v'], { stdio: 'ignore' }).status === 0;

const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

/** What `npm run nginx` makes of these settings. */
function generated(part: 'maps' | 'locations', settings: Record<string, string>): string {
  const program = join(root, 'dist', 'libs', 'storage', 'src', 'media-conf.js');
  const env = { ...bareEnvironment(), ...settings };
  const { stdout, stderr, status } = spawnSync(process.execPath, [program, part], { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`expected ${part} of NGINX but received ${stderr}`);
  return stdout;
}

/** A real NGINX that serves a stack's media. */
export class Nginx {
  private process: Launched | undefined;

  private constructor(
    private readonly folder: string,
    private readonly port: number,
  ) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  static async start(name: string, settings: Record<string, string>): Promise<Nginx> {
    const folder = join(servers().folder, name);
    mkdirSync(folder);
    const nginx = new Nginx(folder, await freePort());
    await nginx.configure(settings);
    return nginx;
  }

  /** Starts again on other settings. */
  async configure(settings: Record<string, string>): Promise<void> {
    await this.stop();
    const paths = temporary.map((name) => `${name}_temp_path ${this.folder}/${name};`);
    // Its workers read what the tests wrote: as whoever runs them.
    const user = process.getuid?.() === 0 ? 'user root;' : '';
    const conf = `${user} worker_processes 1; daemon off; pid ${this.folder}/pid; error_log ${this.folder}/error.log;
events { worker_connections 512; }
http {
  access_log off; keepalive_requests 1000000; ${paths.join(' ')}
  ${generated('maps', settings)}
  server { listen 127.0.0.1:${this.port}; ${generated('locations', settings)} }
}`;
    const file = join(this.folder, 'nginx.conf');
    writeFileSync(file, conf);
    const logFile = join(this.folder, 'output.log');
    const args = ['-e', join(this.folder, 'error.log'), '-c', file];
    this.process = await launch({
      command: 'nginx',
      args,
      logFile,
      env: bareEnvironment(),
      cwd: this.folder,
    });
    remember(servers().folder, this.process);
    for (let tries = 0; tries < 200; tries += 1) {
      if (await fetch(`${this.url}/media/`).catch(() => null)) return;
      await sleep(25);
    }
    throw new Error(`expected NGINX to serve but it does not; see ${this.folder}`);
  }

  async stop(): Promise<void> {
    const { process: running } = this;
    if (!running) return;
    this.process = undefined;
    await endProcess(running, [{ signal: 'SIGTERM', patience: 5_000 }]);
    forget(servers().folder, running);
  }
}
