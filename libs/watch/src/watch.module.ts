import { Global, Module, type DynamicModule, type Provider } from '@nestjs/common';
import {
  CONFIG,
  LOGGER,
  type Config,
  type Heartbeat,
  type Logger,
  type PagerDutySettings,
} from '@app/platform';
import { FeedRedis, RedisProbe } from '@app/feed';
import { Backlog } from './backlog.js';
import { Database, OBJECT_STORE, PostgresProbe, type ObjectStore } from '@app/storage';
import { Dependencies, type Probes } from './dependencies.js';
import { ErrorReports } from './errors/error-reports.js';
import { Facts } from './facts.js';
import { Pager } from './pager.js';
import { Pingdom } from './pingdom.js';
import { PATIENCE } from './sight.js';
import { Traces } from './traces/traces.js';
import { Watch } from './watch.js';
import { Watchers } from './watchers.js';

const PROBES = Symbol('PROBES');

function makeProbes(config: Config, objects: ObjectStore): Probes {
  const { REDIS_URL, REDIS_QUEUE_URL } = config;
  const apart = REDIS_QUEUE_URL !== undefined && REDIS_QUEUE_URL !== REDIS_URL;
  return {
    database: new PostgresProbe(config.DATABASE_URL, PATIENCE),
    redis: new RedisProbe(REDIS_URL, PATIENCE),
    queue: apart ? new RedisProbe(REDIS_QUEUE_URL, PATIENCE) : null,
    objects,
  };
}

function metricsAddress(kind: 'api' | 'worker', config: Config): string {
  const { host, port } = kind === 'api' ? config.METRICS_ADDR : config.WORKER_METRICS_ADDR;
  return `${host}:${port}`;
}

function pagerDuty({ PAGERDUTY_ROUTING_KEY, PAGERDUTY_URL, RUNBOOKS_URL }: Config): PagerDutySettings | null {
  if (PAGERDUTY_ROUTING_KEY === undefined) return null;
  return { routingKey: PAGERDUTY_ROUTING_KEY, url: PAGERDUTY_URL, runbooks: RUNBOOKS_URL ?? '' };
}

/** The operators' view of a process, once per process: `WatchModule.forRoot('api')`. Needs the other three libraries' modules. */
@Global()
@Module({})
export class WatchModule {
  constructor(
    private readonly watch: Watch,
    private readonly errors: ErrorReports,
    private readonly traces: Traces,
    private readonly watchers: Watchers,
    private readonly pager: Pager,
  ) {}

  static forRoot(kind: 'api' | 'worker'): DynamicModule {
    const providers: Provider[] = [
      Backlog,
      { provide: PROBES, inject: [CONFIG, OBJECT_STORE], useFactory: makeProbes },
      {
        provide: Dependencies,
        inject: [PROBES, CONFIG, ErrorReports],
        useFactory: (probes: Probes, config: Config, errors: ErrorReports) =>
          new Dependencies(probes, selfOf(kind, config), (store, state) =>
            errors.note('store', `${store} is ${state}`, state === 'ok' ? 'info' : 'warning'),
          ),
      },
      {
        provide: Facts,
        inject: [PROBES, Database, Dependencies, LOGGER],
        useFactory: (probes: Probes, database: Database, dependencies: Dependencies, logger: Logger) =>
          new Facts(probes, database, dependencies, logger),
      },
      {
        provide: Pingdom,
        inject: [Database, FeedRedis],
        useFactory: (database: Database, redis: FeedRedis) => new Pingdom(database, redis),
      },
      {
        provide: ErrorReports,
        inject: [CONFIG, LOGGER],
        useFactory: async (config: Config, logger: Logger) => {
          const errors = new ErrorReports(config, logger, kind);
          await errors.start();
          return errors;
        },
      },
      {
        provide: Traces,
        inject: [CONFIG, LOGGER],
        useFactory: async (config: Config, logger: Logger) => {
          const traces = new Traces(config, logger, kind);
          await traces.start();
          return traces;
        },
      },
      {
        provide: Pager,
        inject: [CONFIG, LOGGER],
        useFactory: (config: Config, logger: Logger) => new Pager(pagerDuty(config), logger),
      },
      {
        provide: Watchers,
        inject: [CONFIG, Pager],
        useFactory: ({ WATCHED_BY, WATCHED_EVERY }: Config, pager: Pager) =>
          new Watchers(WATCHED_BY, WATCHED_EVERY, pager),
      },
      {
        provide: Watch,
        inject: [Dependencies, Facts, Pingdom, Backlog, Database],
        useFactory: (...parts: ConstructorParameters<typeof Watch>) => new Watch(...parts),
      },
    ];
    return { module: WatchModule, providers, exports: [Backlog, Watch, ErrorReports] };
  }

  onApplicationBootstrap(): void {
    this.watch.start();
    this.watchers.start();
  }

  async onApplicationShutdown(): Promise<void> {
    this.watchers.stop();
    this.pager.stop();
    await this.watch.stop();
    await Promise.all([this.errors.stop(), this.traces.stop()]);
  }
}

function selfOf(
  kind: Heartbeat['kind'],
  config: Config,
): Pick<Heartbeat, 'kind' | 'metrics' | 'objectStores'> {
  const objectStores = config.S3_BUCKET ? (['disk', 's3'] as const) : (['disk'] as const);
  return { kind, metrics: metricsAddress(kind, config), objectStores };
}
