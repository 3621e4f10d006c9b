import { setTimeout as sleep } from 'node:timers/promises';
import { withClient } from '../dev/postgres.ts';
import { databaseUrl } from './data-parts.ts';
import { balancersInDns, socketOf } from './edge-parts.ts';
import { shareOf, type Fleet, type Tell } from './fleet.ts';
import { answersOk } from '../dev/ready.ts';
import { viewsOf } from './patroni-standing.ts';
import type { Part } from './part.ts';
import { addressOf } from './plan.ts';
import { primaryOf } from './sentinel-parts.ts';

const EVERY = 500;

/** Each part's state as seen by others: an NGINX by every HAProxy, a HAProxy by DNS, an api by its own readiness, a replica by its lag. */
export class Watch {
  private readonly views = new Map<string, string>();
  private readonly fleet: Fleet;
  private readonly tell: Tell;
  private stopped = false;

  constructor(fleet: Fleet, tell: Tell) {
    this.fleet = fleet;
    this.tell = tell;
  }

  /** `in`, `out (…)`, or another state; empty before the first check. */
  of(name: string): string {
    return this.views.get(name) ?? '';
  }

  async run(): Promise<void> {
    while (!this.stopped) {
      await Promise.all([
        this.lookAtNginx(),
        this.lookAtHaproxy(),
        this.lookAtApis(),
        this.fleet.context.plan.options.patroni ? this.lookAtNodes() : this.lookAtReplica(),
        this.lookAtRedis(),
      ]).catch(() => undefined);
      await sleep(EVERY * shareOf(this.fleet));
    }
  }

  stop(): void {
    this.stopped = true;
  }

  private see(part: Part, view: string): void {
    const before = this.views.get(part.name);
    this.views.set(part.name, view);
    const [now, then] = [view, before ?? ''].map((text) => text.split(' ')[0]);
    if (before !== undefined && now !== then && (now === 'in' || now === 'out'))
      this.tell(`${part.name}: ${now === 'in' ? 'in rotation again' : `out of rotation ${view.slice(4)}`}`);
  }

  private async lookAtNginx(): Promise<void> {
    const { context } = this.fleet;
    const seen = await Promise.all(
      context.places('haproxy').map(async (place) => ({
        name: place.name,
        servers: await socketOf(context, place)
          .servers()
          .catch(() => []),
      })),
    );
    for (const part of this.fleet.ofKind('nginx')) {
      const words = seen.flatMap(({ name, servers }) => {
        const found = servers.find((server) => server.name === part.name);
        return found
          ? [{ name, up: found.status.startsWith('UP'), why: `${found.status} ${found.check}`.trim() }]
          : [];
      });
      const out = words.filter(({ up }) => !up);
      if (words.length > 0)
        this.see(
          part,
          out.length === 0 ? 'in' : `out (${out.map(({ name, why }) => `${name}: ${why}`).join(', ')})`,
        );
    }
  }

  private async lookAtHaproxy(): Promise<void> {
    const addresses = await balancersInDns(this.fleet.context);
    for (const part of this.fleet.ofKind('haproxy'))
      this.see(part, addresses.includes(part.place.host) ? 'in' : 'out (not in DNS)');
  }

  private async lookAtApis(): Promise<void> {
    const asked = this.fleet.ofKind('api', 'worker').map(async (part) => {
      const ready = await answersOk(`http://${addressOf(part.place)}/health/ready`);
      this.see(part, ready ? 'in' : 'out (not ready)');
    });
    await Promise.all(asked);
  }

  private async lookAtNodes(): Promise<void> {
    for (const [part, view] of await viewsOf(this.fleet.ofKind('postgres'))) this.see(part, view);
  }

  private async lookAtRedis(): Promise<void> {
    const primary = await primaryOf(this.fleet.context);
    if (primary)
      for (const { name } of this.fleet.ofKind('redis'))
        this.views.set(name, name === primary.name ? 'primary' : 'replica');
  }

  private async lookAtReplica(): Promise<void> {
    const [primary, replica] = this.fleet.ofKind('postgres');
    if (!primary || !replica || primary.state !== 'up') return;
    const lag =
      'SELECT state, pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) AS behind FROM pg_stat_replication WHERE application_name = $1';
    const asked = withClient(
      databaseUrl(this.fleet.context, primary.place),
      (client) => client.query<{ state: string; behind: string }>(lag, [replica.name]),
      1_000,
    );
    const view = await asked.then(
      ({ rows: [row] }) => (row ? `${row.state}, ${row.behind} bytes behind` : 'not connected'),
      () => 'unknown',
    );
    this.views.set(replica.name, view);
  }
}
