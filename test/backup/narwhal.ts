import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import pg from 'pg';
import { root } from '../../tools/dev/install.mjs';
import { freePort } from '../../tools/dev/ports.ts';
import { bareEnvironment } from '../harness/env.js';
import { patient } from '../harness/pace.js';

export interface Ended {
  code: number | null;
  output: string;
}

/** `npm run up` on a folder, as an operator has it. */
export class Narwhal {
  private constructor(
    readonly data: string,
    private readonly env: Record<string, string>,
    readonly url: string,
  ) {}

  static async on(data: string, more: Record<string, string> = {}): Promise<Narwhal> {
    const port = await freePort();
    const env = { ...bareEnvironment(), PORT: String(port), NARWHAL_DATA: data, ...more };
    return new Narwhal(data, env, `http://127.0.0.1:${port}`);
  }

  async start(): Promise<void> {
    spawn(process.execPath, [join(root, 'tools/dev/main.ts'), 'up'], {
      cwd: root,
      env: this.env,
      detached: true,
      stdio: 'ignore',
    });
    const ready = () =>
      fetch(`${this.url}/health/ready`).then(
        ({ status }) => status,
        () => 0,
      );
    await vi.waitUntil(async () => (await ready()) === 200, { timeout: patient(90_000), interval: 200 });
  }

  /** Everything at once, as when the power goes. */
  kill(): void {
    const { launcher, children } = JSON.parse(readFileSync(join(this.data, 'up.json'), 'utf8')) as {
      launcher: { pid: number };
      children: { pid: number }[];
    };
    process.kill(launcher.pid, 'SIGKILL');
    for (const { pid } of children) process.kill(-pid, 'SIGKILL');
  }

  /** `npm run NAME -- ...` beside it. */
  async run(...args: string[]): Promise<Ended> {
    const child = spawn(process.execPath, [join(root, 'tools/dev/main.ts'), ...args], {
      cwd: root,
      env: this.env,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text: Buffer) => (output += text.toString()));
    return new Promise((settle) => child.once('close', (code) => settle({ code, output })));
  }

  async query<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> {
    const client = await this.connect();
    return client
      .query<Row>(sql, values)
      .then(({ rows }) => rows)
      .finally(() => client.end());
  }

  /** As `--to` takes it. */
  async now(): Promise<string> {
    const [row] = await this.query<{ now: string }>('SELECT clock_timestamp()::text AS now');
    return row?.now.replace(' ', 'T').replace('+00', 'Z') ?? '';
  }

  async connect(): Promise<pg.Client> {
    const settings = JSON.parse(readFileSync(join(this.data, 'secrets/running.json'), 'utf8')) as Record<
      string,
      string
    >;
    const client = new pg.Client({ connectionString: settings['DATABASE_DIRECT_URL'] });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  /** Until all that was written is in the repository, as the operators' metric has it. */
  async archived(): Promise<void> {
    const [switched] = await this.query<{ name: string }>('SELECT pg_walfile_name(pg_switch_wal()) AS name');
    const done = async () => {
      const listed = await this.query<{ name: string }>(
        'SELECT last_archived_wal AS name FROM pg_stat_archiver',
      );
      return listed[0]?.name ?? '';
    };
    await vi.waitUntil(async () => (await done()) >= (switched?.name ?? ''), {
      timeout: patient(30_000),
      interval: 100,
    });
  }
}
