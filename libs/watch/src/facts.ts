import { Inject, Injectable } from '@nestjs/common';
import { beforeScrape, counter, gauge, LOGGER, type Logger } from '@app/platform';
import type { RedisFacts } from '@app/feed';
import {
  BackupRows,
  Database,
  RegistrationRows,
  type NewestOutcome,
  type PostgresFacts,
  type PostgresSizes,
} from '@app/storage';
import { Dependencies, PROBES, type Probes } from './dependencies.js';
import { SILENT } from './neighbours.js';

const OFTEN = 10_000;
const SELDOM = 60_000;

/** An unknown value is absent, never 0. */
function show(name: Parameters<typeof gauge>[0], value: number | null | undefined): void {
  if (value === null || value === undefined) gauge(name).reset();
  else gauge(name).set(value);
}

/** Reads the servers' own figures periodically, and sets the gauges from the last reading. */
@Injectable()
export class Facts {
  postgres: PostgresFacts | null = null;
  sizes: PostgresSizes | null = null;
  /** Whether this process may alter PostgreSQL's tables. */
  ownsTables = false;
  redis: RedisFacts | null = null;
  /** How the newest backup, check, drill and archiving of WAL ended. */
  backups: NewestOutcome[] | null = null;
  /** Sign-ups that wait for an admin. */
  waiting: { count: number; age: number } | null = null;
  private readonly timers: NodeJS.Timeout[] = [];
  private hide = (): void => undefined;

  constructor(
    @Inject(PROBES) private readonly probes: Pick<Probes, 'database' | 'redis'>,
    private readonly database: Database,
    private readonly backupRows: BackupRows,
    private readonly registrations: RegistrationRows,
    private readonly dependencies: Dependencies,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  start(): void {
    this.hide = beforeScrape(() => this.show());
    this.timers.push(
      setInterval(() => void this.readOften(), OFTEN),
      setInterval(() => void this.readSizes(), SELDOM),
    );
    void this.readOften();
    void this.readSizes();
  }

  stop(): void {
    for (const timer of this.timers) clearInterval(timer);
    this.hide();
  }

  private async readOften(): Promise<void> {
    [this.postgres, this.redis, this.backups, this.waiting] = await Promise.all([
      this.orNull(() => this.probes.database.facts()),
      this.orNull(() => this.probes.redis.facts()),
      this.orNull(() => this.backupRows.newest()),
      this.orNull(() => this.registrations.waiting()),
    ]);
  }

  private async readSizes(): Promise<void> {
    this.sizes = await this.orNull(() => this.probes.database.sizes());
    this.ownsTables = (await this.orNull(() => this.probes.database.ownsTables())) ?? this.ownsTables;
  }

  private async orNull<Result>(read: () => Promise<Result>): Promise<Result | null> {
    return read().catch((error: unknown) => {
      this.logger.debug({ error }, "a server's own figures could not be read");
      return null;
    });
  }

  private show(): void {
    for (const [state, count] of Object.entries(this.database.pool))
      gauge('narwhal_postgres_pool').set({ state }, count);
    show('narwhal_postgres_connections_share', this.postgres?.connections);
    show('narwhal_postgres_replication_lag_seconds', this.postgres?.replicationLag);
    show('narwhal_postgres_size_bytes', this.sizes?.bytes);
    show('narwhal_sessions', this.sizes?.sessions);
    show('narwhal_active_people', this.sizes?.activePeople);
    show('narwhal_waiting_signups', this.waiting?.count);
    show('narwhal_waiting_signups_age_seconds', this.waiting?.age);
    show('narwhal_redis_memory_bytes', this.redis?.memory);
    show('narwhal_redis_memory_share', this.redis?.memoryShare);
    show('narwhal_redis_replication_lag_bytes', this.redis?.replicationLag);
    if (this.redis) counter('narwhal_redis_evicted_total').set(this.redis.evicted);
    this.showBackups();
    this.showRest();
  }

  private showBackups(): void {
    show('narwhal_wal_waiting', this.postgres?.walWaiting);
    show('narwhal_backup_age_seconds', this.backups?.find(({ kind }) => kind === 'backup')?.age);
    gauge('narwhal_backup_good').reset();
    for (const { kind, good } of this.backups ?? []) gauge('narwhal_backup_good').set({ kind }, good ? 1 : 0);
  }

  private showRest(): void {
    const { freeBytes = null, totalBytes = null } = this.dependencies.disk ?? {};
    show('narwhal_disk_free_bytes', freeBytes);
    show('narwhal_disk_free_share', freeBytes !== null && totalBytes ? freeBytes / totalBytes : null);
    const { processes } = this.dependencies;
    if (processes.length === 0) return;
    for (const kind of ['api', 'worker'] as const) {
      const living = processes.filter(
        ({ heartbeat, age }) => heartbeat.kind === kind && age * 1000 <= SILENT,
      );
      gauge('narwhal_processes').set({ kind }, living.length);
    }
  }
}
