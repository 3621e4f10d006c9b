import {
  Global,
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationShutdown,
  type Provider,
  type Type,
} from '@nestjs/common';
import { INJECTABLE_WATERMARK } from '@nestjs/common/constants.js';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { CONFIG, databaseFault, type Config } from '@app/platform';
import { Database, type TimeLimits } from './database/database.js';
import { dataSourceOptions } from './database/data-source.js';
import { OBJECT_STORE, type ObjectStore } from './objects/object-store.js';
import { configuredStore, openStores } from './objects/open-object-store.js';
import { StoreHome } from './objects/store-home.js';
import { Replica } from './database/replica/replica.js';
import { ReplicatedDatabase } from './database/replica/replicated-database.js';
import * as rows from './database/repositories/index.js';
import { UnitOfWork } from './database/unit-of-work.js';

const isProvider = (value: unknown): value is Type =>
  typeof value === 'function' && Reflect.hasMetadata(INJECTABLE_WATERMARK, value);

/** A repository is provided as soon as its file is exported. */
const repositories = [UnitOfWork, ...Object.values(rows).filter(isProvider)];

/** Reports the first failure in the journal, for anybody who watches it; returns whether waiting helps. */
function sayOnceAndRetry(name: string, url: string): (error: unknown) => boolean {
  let said = false;
  return (error) => {
    const { text, passes } = databaseFault(error, url);
    if (passes && !said) process.stderr.write(`${name}: ${text} It is tried again for 30 s.\n`);
    said = true;
    return passes;
  };
}

/** PostgreSQL and the object store, once a process: `StorageModule.forRoot('narwhal-worker')`. */
@Global()
@Module({})
export class StorageModule implements OnApplicationShutdown {
  constructor(@Inject(OBJECT_STORE) private readonly objects: ObjectStore) {}

  /** `name` is the name of this process's connections in pg_stat_activity; `limits` apply where somebody waits for the answer. */
  static forRoot(name: string, limits?: TimeLimits): DynamicModule {
    const database = TypeOrmModule.forRootAsync({
      inject: [CONFIG],
      useFactory: (config: Config) => ({
        ...dataSourceOptions({ url: config.DATABASE_URL, name, pool: config.DATABASE_POOL }),
        // Waits for a database that starts beside us; after 30 s the process ends and its supervisor says so.
        retryAttempts: 30,
        retryDelay: 1_000,
        // A wrong password stays wrong.
        toRetry: sayOnceAndRetry(name, config.DATABASE_URL),
      }),
    });
    const connection: Provider = {
      provide: Database,
      inject: [DataSource, CONFIG],
      useFactory: (
        source: DataSource,
        { DATABASE_URL: primary, DATABASE_REPLICA_URL: url, DATABASE_POOL: pool }: Config,
      ) =>
        url !== undefined && url !== primary && limits
          ? new ReplicatedDatabase(source, limits, new Replica({ url, name, pool, limit: limits.read }))
          : new Database(source, limits),
    };
    const objects: Provider = {
      provide: OBJECT_STORE,
      inject: [CONFIG, Database],
      useFactory: (config: Config, connection: Database) =>
        openStores(config, new StoreHome(connection, configuredStore(config))),
    };
    return {
      module: StorageModule,
      imports: [database],
      providers: [objects, connection, ...repositories],
      exports: [OBJECT_STORE, Database, ...repositories],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.objects.close();
  }
}
