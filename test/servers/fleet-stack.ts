import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { commandLineOf } from '../../tools/dev/processes.ts';
import { findProgram } from '../../tools/dev/system-packages.ts';
import { RunningFleet } from '../harness/fleet.js';
import { descendantsOf } from '../harness/process-tree.js';
import { askOnce } from './mortal-servers.js';

export const patroniInstalled = ['patroni', 'etcd'].every((name) => findProgram(name));

/** A fleet whose PostgreSQL fails over by itself, as the journal needs it. */
export class FleetStack {
  readonly urls: string[];
  readonly apis: { url: string }[];
  readonly worker: { metricsUrl: string };
  private readonly password: string;

  private constructor(
    readonly fleet: RunningFleet,
    private readonly net: string,
  ) {
    this.urls = [1, 2].map((number) => `http://${net}.2${number}:8080`);
    this.apis = [1, 2].map((number) => ({ url: `http://${net}.3${number}:3000` }));
    this.worker = { metricsUrl: `http://${net}.41:9465/metrics` };
    this.password = readFileSync(join(fleet.data, 'secrets', 'postgres'), 'utf8').trim();
  }

  static async start(...options: string[]): Promise<FleetStack> {
    const sizes = ['--haproxy', '1', '--nginx', '2', '--api', '2', '--worker', '1'];
    const fleet = await RunningFleet.start('--patroni', ...sizes, ...options);
    const net = `${options.includes('--hosts') ? 10 : 127}.${fleet.net}.0`;
    return new FleetStack(fleet, net);
  }

  get folder(): string {
    return this.fleet.folder;
  }

  private at(address: string): string {
    return `postgres://narwhal:${this.password}@${this.net}.${address}/narwhal`;
  }

  /** The way of the api's on its host: PgBouncer, HAProxy, the primary. */
  get poolUrl(): string {
    return this.at('31:6432');
  }

  /** Each node by itself, whether it leads or not. */
  get nodeUrls(): string[] {
    return [1, 2, 3].map((number) => this.at(`6${number}:5432`));
  }

  query<Row extends pg.QueryResultRow>(sql: string): Promise<Row[]> {
    return askOnce<Row>(this.at('31:5000'), sql);
  }

  /** Settles once every part is up, the replicas follow, and the primary waits for one of them before it confirms. */
  async ready(patience: number): Promise<void> {
    for (const deadline = Date.now() + patience; ; await sleep(200)) {
      await this.fleet.untilWhole(patience);
      const views = (await this.fleet.rows()).map(({ rotation }) => rotation);
      const nodes = views.filter((view) => /^(primary|replica)/.test(view)).toSorted();
      const whole = nodes.join() === 'primary,replica,replica, synchronous';
      if (whole && (await this.waitedFor()).length === 1) return;
      if (Date.now() > deadline) throw new Error(`expected a whole cluster but received ${nodes.join('; ')}`);
    }
  }

  /** The replicas whose disks must have a write before PostgreSQL itself confirms it, whatever Patroni says. */
  private waitedFor(): Promise<object[]> {
    return this.query("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'").catch(() => []);
  }

  /** The name of the node that leads. */
  async primary(): Promise<string> {
    const leaders = (await this.fleet.rows()).filter(({ rotation }) => rotation === 'primary');
    if (leaders.length !== 1) throw new Error(`expected one primary but received ${leaders.length}`);
    return leaders[0]?.part ?? '';
  }

  /** The number of a part's process. */
  async processOf(name: string): Promise<number> {
    return (await this.fleet.rows()).find(({ part }) => part === name)?.process ?? 0;
  }

  /** PostgreSQL's process on a node, which Patroni starts in a session of its own. */
  postmasterOf(node: string): number {
    const listens = `--listen_addresses=${this.net}.6${node.slice(-1)} `;
    const found = readdirSync('/proc')
      .map(Number)
      .find((pid) => pid > 0 && commandLineOf(pid).includes(listens));
    if (found === undefined) throw new Error(`expected a PostgreSQL on ${node}`);
    return found;
  }

  /** All processes of a node's PostgreSQL. */
  postgresOf(node: string): number[] {
    const postmaster = this.postmasterOf(node);
    return [postmaster, ...descendantsOf(postmaster)];
  }

  stop(): Promise<void> {
    return this.fleet.stop();
  }
}
