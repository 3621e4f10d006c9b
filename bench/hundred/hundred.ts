import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readArgumentsOrExit } from '../../libs/platform/src/command-line.ts';
import { root } from '../../tools/dev/install.mjs';
import { addressOf, Plan, type Place } from '../../tools/fleet/plan.ts';
import { hundredLine } from '../command-lines.ts';
import { bareEnvironment } from '../env.ts';
import { signUp, type Fixtures } from '../fixtures.ts';
import { ask, developedPhoto, NET, processesOf, startFleet, textOf } from '../fleet.ts';
import { cpuOf, median } from '../measuring.ts';
import { Load } from './load.ts';
import { Servers } from './servers.ts';

// Measures all that grows with the number of processes, at a hundred apis and ten workers behind three NGINX and two HAProxy. A goal that
// is missed sets the exit code; times of this machine have none.

/** Bytes of free memory for a hundred; fewer need less. */
const MEMORY = 20 * 2 ** 30;
const PER_SECOND = 200;
const IDLE_SECONDS = 16;
const MUNIN_NODES = 3;
const parts = ['product', 'requests', 'later_work', 'stores', 'processes', 'watching'];

interface Figure {
  what: string;
  value: number;
  unit: string;
  /** The most that is allowed; without it, the figure is only printed. */
  goal?: number;
}

const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const begun = performance.now();
  await work();
  return (performance.now() - begun) / 1_000;
};

async function ended(child: ChildProcess): Promise<void> {
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${child.spawnargs.join(' ')} ended with ${code}`);
}

/** Mebibytes: all of a process, and its share of what several have mapped. */
function memoryOf(pid: number): { rss: number; pss: number } {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1]) / 1_024;
  return { rss: field('Rss'), pss: field('Pss') };
}

/** The fleet, somebody's post, and what was measured so far. */
class Hundred {
  readonly figures: Figure[] = [];
  private headers: Record<string, string> = {};
  private post = '';

  private readonly folder: string;
  private readonly plan: Plan;
  private readonly servers: Servers;

  constructor(folder: string, plan: Plan, servers: Servers) {
    this.folder = folder;
    this.plan = plan;
    this.servers = servers;
  }

  private note(what: string, value: number, unit: string, goal?: number): void {
    const figure = { what, value, unit, ...(goal === undefined ? {} : { goal }) };
    this.figures.push(figure);
    print(figure);
  }

  private get apis(): Place[] {
    return this.plan.many('api');
  }

  private get processes(): Place[] {
    return [...this.apis, ...this.plan.many('worker')];
  }

  private get pids(): number[] {
    return ['api-', 'worker-'].flatMap((prefix) => processesOf(this.folder, prefix));
  }

  private url(api = this.apis[0]): string {
    return `http://${api ? addressOf(api) : ''}`;
  }

  async populate(): Promise<void> {
    const { id, headers } = await signUp({ url: this.url() }, 'ada');
    await this.servers.promote(id);
    const photo = await developedPhoto(this.url(), headers, 640);
    const json = { ...headers, 'content-type': 'application/json' };
    const body = JSON.stringify({ photoIds: [photo.id], caption: 'before' });
    this.post = (
      await ask<{ id: string }>(`${this.url()}/v1/posts`, { method: 'POST', headers: json, body })
    ).id;
    this.headers = headers;
  }

  private async connections(when: string): Promise<void> {
    const { postgres, pgbouncer, redis } = await this.servers.connections();
    const each = (count: number) => count / this.processes.length;
    this.note(`PostgreSQL connections a process, ${when}`, each(postgres), '', 2);
    this.note(`PgBouncer connections a process, ${when}`, each(pgbouncer), '');
    this.note(`Redis connections a process, ${when}`, each(redis), '', 4);
  }

  /** The launcher, which looks at every part, is stopped meanwhile. */
  async idle(launcher: number): Promise<void> {
    process.kill(launcher, 'SIGSTOP');
    try {
      const [cpu, own] = [this.servers.redisCpu, this.pids];
      const before = [await cpu(), cpuOf(own), await this.servers.commands()] as const;
      await sleep(IDLE_SECONDS * 1_000);
      const share = ((await cpu()) - before[0]) / IDLE_SECONDS;
      this.note('Redis when idle, of a core', share * 100, '%', 2);
      this.note(
        'a process when idle, of a core',
        (cpuOf(own) - before[1]) / own.length / IDLE_SECONDS / 10,
        '%',
      );
      const after = await this.servers.commands();
      const costs = [...after].map(([name, usec]) => [name, usec - (before[2].get(name) ?? 0)] as const);
      const most = costs.toSorted(([, a], [, b]) => b - a).slice(0, 6);
      console.log(
        `Redis when idle, by command: ${most.map(([name, usec]) => `${name} ${(usec / IDLE_SECONDS / 1e4).toFixed(2)} %`).join(', ')}`,
      );
    } finally {
      process.kill(launcher, 'SIGCONT');
    }
    const memories = this.pids.map(memoryOf);
    this.note('memory of an idle process (PSS)', median(memories.map(({ pss }) => pss)), 'MiB', 130);
    this.note('memory of an idle process (RSS)', median(memories.map(({ rss }) => rss)), 'MiB');
    await this.connections('idle');
  }

  async watched(): Promise<void> {
    const times: number[] = [];
    let known = 0;
    for (let count = 0; count < 5; count += 1) {
      times.push(
        await seconds(async () => {
          const report = await ask<{ processes: { living: boolean }[] }>(`${this.url()}/admin/health`, {
            headers: this.headers,
          });
          known = report.processes.filter(({ living }) => living).length;
        }),
      );
    }
    this.note('processes that /admin/health does not know', this.processes.length - known, '', 0);
    this.note('/admin/health', median(times) * 1_000, 'ms');
    const metrics = this.processes.map(
      ({ host, port, kind, operators }) => `http://${host}:${kind === 'api' ? operators : port}/metrics`,
    );
    let texts: string[] = [];
    const scrape = async () => (texts = await Promise.all(metrics.map((url) => textOf(url))));
    this.note('one scrape of all', await seconds(scrape), 's');
    this.note('its size', Buffer.byteLength(texts.join('')) / 1e6, 'MB');
    await this.munin(metrics);
  }

  /** A node, with all plugins, is on a machine of its own, and the master asks sixteen at a time: so a few are run in turn. */
  private async munin(metrics: readonly string[]): Promise<void> {
    const folder = join(this.folder, 'munin');
    mkdirSync(folder);
    const links = parts.map((part) => join(folder, `narwhal_${part}`));
    for (const link of links) symlinkSync(join(root, 'infra/munin/narwhal_'), link);
    const times: number[] = [];
    for (const urls of metrics.slice(-MUNIN_NODES)) {
      const state = join(folder, new URL(urls).hostname);
      const env = bareEnvironment({ urls, MUNIN_CAP_DIRTYCONFIG: '1', MUNIN_PLUGSTATE: state });
      const node = async () => {
        for (const link of links)
          await ended(spawn(process.execPath, [link, 'config'], { env, stdio: 'ignore' }));
      };
      times.push(await seconds(node));
    }
    const turns = Math.ceil(metrics.length / 16);
    this.note("Munin's run over all, sixteen nodes at a time", turns * median(times), 's', 60);
  }

  /** Every api has the post in its memory; one changes it, and all are asked at once. */
  async invalidation(): Promise<void> {
    const urls = this.apis.map((api) => `${this.url(api)}/v1/posts/${this.post}`);
    const read = async (url: string) =>
      (await ask<{ caption: string }>(url, { headers: this.headers })).caption;
    // In turn: a hundred that read for the first time at once need more of two cores than a read may take.
    for (let count = 0; count < 3; count += 1) for (const url of urls) await read(url);
    const before = await this.servers.tracked();
    const headers = { ...this.headers, 'content-type': 'application/json' };
    const body = JSON.stringify({ caption: 'after' });
    await ask(urls[0] ?? '', { method: 'PATCH', headers, body });
    const messages = before - (await this.servers.tracked());
    const captions: string[] = [];
    const took = await seconds(async () => captions.push(...(await Promise.all(urls.map(read)))));
    this.note("messages of one write to the apis' caches, for each api", messages / urls.length, '');
    this.note(
      'apis that then answer with the old value',
      captions.filter((one) => one !== 'after').length,
      '',
      0,
    );
    this.note('until the last has answered with the new one', took * 1_000, 'ms');
  }

  async busy(): Promise<void> {
    const balancers = this.plan.many('haproxy').map(({ host }) => host);
    const ca = readFileSync(join(this.folder, 'fleet/certificate/ca.pem'));
    const target = { balancers, ca, headers: this.headers, post: this.post };
    const load = new Load(target, PER_SECOND);
    await sleep(10_000);
    await this.connections(`at ${PER_SECOND} requests a second`);
    const steady = await load.finish();
    this.note(`failed of ${steady.sent} requests`, steady.faults.length, '', 0);
    this.note('a request, p50', steady.p50, 'ms');
    this.note('a request, p99', steady.p99, 'ms');
    const during = new Load(target, PER_SECOND);
    this.note('the rolling deploy', await seconds(() => this.deploy()), 's');
    const { sent, faults, p99 } = await during.finish();
    if (faults.length > 0) console.log(faults.slice(0, 5).join('\n'));
    this.note(`failed of ${sent} requests meanwhile`, faults.length, '', 0);
    this.note('a request meanwhile, p99', p99, 'ms');
  }

  private async deploy(): Promise<void> {
    const env = bareEnvironment({ NARWHAL_DATA: this.folder });
    const program = join(root, 'tools/dev/narwhal.mjs');
    const child = spawn(process.execPath, [program, 'fleet', 'deploy', join(root, 'dist')], {
      env,
      cwd: root,
      stdio: 'inherit',
    });
    await ended(child);
  }
}

const isMissed = ({ value, goal }: Figure): boolean => goal !== undefined && !(value <= goal);

function report(figures: readonly Figure[], skipped: number, file: string | undefined): void {
  const held = figures.filter(({ goal }) => goal !== undefined);
  const failed = held.filter(isMissed).length;
  const counts = {
    numPassedTests: held.length - failed,
    numFailedTests: failed,
    numPendingTests: skipped,
    numTodoTests: 0,
  };
  if (file) writeFileSync(file, JSON.stringify(counts));
  if (failed > 0) process.exitCode = 1;
}

function print(figure: Figure): void {
  const { what, value, unit, goal } = figure;
  const digits = Number.isInteger(value) || value >= 100 ? 0 : 2;
  const aim = goal === undefined ? '' : goal === 0 ? 'goal 0' : `goal <= ${goal}`;
  const missed = isMissed(figure) ? '  MISSED' : '';
  console.log(
    `${what.padEnd(60)} ${`${value.toFixed(digits)} ${unit}`.padEnd(12)} ${aim}${missed}`.trimEnd(),
  );
}

export async function run(fixtures: Fixtures, args: readonly string[]): Promise<void> {
  const { values } = readArgumentsOrExit(args, hundredLine);
  const api = Number(values.instances ?? 100);
  if (!(Number.isInteger(api) && api >= 10 && api <= 100))
    throw new Error(`expected 10 to 100 --instances but received ${values.instances}`);
  const wanted = (MEMORY * api) / 100;
  if (process.availableMemory() < wanted) {
    console.log(`skipped: ${api} apis take ${(wanted / 2 ** 30).toFixed(1)} GiB of free memory`);
    return report([], 1, values.report);
  }
  const counts = { haproxy: 2, nginx: 3, api, worker: Math.round(api / 10) };
  const plan = new Plan({ ...counts, s3: false, hosts: false, patroni: false, sentinels: false, net: NET });
  const begun = performance.now();
  const fleet = await startFleet(
    fixtures,
    ...Object.entries(counts).flatMap(([kind, count]) => [`--${kind}`, String(count)]),
  );
  console.log(
    `${api} apis and ${counts.worker} workers, up after ${((performance.now() - begun) / 1_000).toFixed(0)} s`,
  );
  const servers = new Servers(plan, fixtures.folder);
  const hundred = new Hundred(fixtures.folder, plan, servers);
  try {
    await hundred.populate();
    await hundred.idle(fleet.pid);
    await hundred.watched();
    await hundred.invalidation();
    await hundred.busy();
  } finally {
    servers.close();
  }
  report(hundred.figures, 0, values.report);
}
