import { Global, Module, type DynamicModule } from '@nestjs/common';
import { CONFIG, JobSender, type Config, type Heartbeat } from '@app/platform';
import { RedisProbe } from '@app/feed';
import { OBJECT_STORE, PostgresProbe, type ObjectStore } from '@app/storage';
import { Backlog } from './backlog.js';
import { Dependencies, PROBES, type Probes } from './dependencies.js';
import { ErrorReports, PROCESS_KIND } from './errors/error-reports.js';
import { Facts } from './facts.js';
import { Pager } from './pager.js';
import { Pingdom } from './pingdom.js';
import { PATIENCE } from './sight.js';
import { Traces } from './traces/traces.js';
import { Watch } from './watch.js';
import { Watchers } from './watchers.js';

function makeProbes(config: Config, objects: ObjectStore, { connection }: JobSender): Probes {
  const { REDIS_URL: url, REDIS_QUEUE_URL } = config;
  const apart = REDIS_QUEUE_URL !== undefined && REDIS_QUEUE_URL !== url;
  return {
    database: new PostgresProbe(config.DATABASE_URL, PATIENCE),
    redis: new RedisProbe(apart ? { url, patience: PATIENCE } : connection),
    queue: apart ? new RedisProbe(connection) : null,
    objects,
  };
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

  static forRoot(kind: Heartbeat['kind']): DynamicModule {
    return {
      module: WatchModule,
      providers: [
        { provide: PROCESS_KIND, useValue: kind },
        { provide: PROBES, inject: [CONFIG, OBJECT_STORE, JobSender], useFactory: makeProbes },
        ErrorReports,
        Traces,
        Backlog,
        Dependencies,
        Facts,
        Pingdom,
        Pager,
        Watchers,
        Watch,
      ],
      exports: [Backlog, Watch, ErrorReports],
    };
  }

  async onModuleInit(): Promise<void> {
    await Promise.all([this.errors.start(), this.traces.start()]);
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
