import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { withClient } from '../../tools/dev/postgres.ts';
import { addressOf, type Plan } from '../../tools/fleet/plan.ts';

/** The fleet's Redis, PostgreSQL and PgBouncer as its operator sees them. */
export class Servers {
  private readonly plan: Plan;
  private readonly redis: Redis;
  private readonly password: (server: 'postgres' | 'redis') => string;

  constructor(plan: Plan, folder: string) {
    this.plan = plan;
    this.password = (server) => readFileSync(join(folder, 'fleet/secrets', server), 'utf8').trim();
    const [{ host, port }] = plan.pair('redis');
    this.redis = new Redis({ host, port, password: this.password('redis') });
  }

  close(): void {
    this.redis.disconnect();
  }

  private ask(address: string, database: string, sql: string): Promise<Record<string, unknown>[]> {
    const url = `postgres://narwhal:${this.password('postgres')}@${address}/${database}`;
    return withClient(url, async (client) => (await client.query<Record<string, unknown>>(sql)).rows);
  }

  /** Connections of api and worker: those of PgBouncer to PostgreSQL, and theirs to PgBouncer and Redis. */
  async connections(): Promise<{ postgres: number; pgbouncer: number; redis: number }> {
    const [primary] = this.plan.pair('postgres');
    const theirs = "SELECT count(*)::int AS count FROM pg_stat_activity WHERE usename = 'narwhal_serving'";
    const [[postgres], clients, redis] = await Promise.all([
      this.ask(addressOf(primary), 'narwhal', theirs),
      this.ask(addressOf(this.plan.pgbouncer), 'pgbouncer', 'SHOW CLIENTS'),
      this.redis.client('LIST') as Promise<string>,
    ]);
    return {
      postgres: Number(postgres?.['count']),
      pgbouncer: clients.filter(({ user }) => user === 'narwhal_serving').length,
      redis: redis.split('\n').filter((line) => line.includes(' user=narwhal ')).length,
    };
  }

  private async figure(section: string, ...names: string[]): Promise<number> {
    const info = await this.redis.info(section);
    const values = names.map((name) => Number(new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1]));
    return values.reduce((sum, value) => sum + value, 0);
  }

  /** Seconds that Redis has computed. */
  redisCpu = (): Promise<number> => this.figure('cpu', 'used_cpu_user', 'used_cpu_sys');

  /** How many processes Redis would tell of changes, summed over the keys. */
  tracked = (): Promise<number> => this.figure('stats', 'tracking_total_items');

  /** Redis' time by command since it started, in microseconds. */
  async commands(): Promise<Map<string, number>> {
    const found = (await this.redis.info('commandstats')).matchAll(/^cmdstat_(\S+):calls=\d+,usec=(\d+)/gm);
    return new Map([...found].map(([, name = '', usec]) => [name, Number(usec)]));
  }

  async promote(id: string): Promise<void> {
    const [primary] = this.plan.pair('postgres');
    await this.ask(addressOf(primary), 'narwhal', `UPDATE users SET role = 'admin' WHERE id = ${id}`);
  }
}
