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
import { CONFIG, type Config } from '@app/platform';
import { Database, TIME_LIMITS, type TimeLimits } from './database/database.js';
import { DatabaseModule } from './database/database.module.js';
import { OBJECT_STORE, type ObjectStore } from './objects/object-store.js';
import { configuredStore, openStores } from './objects/open-object-store.js';
import { StoreHome } from './objects/store-home.js';
import * as rows from './database/repositories/index.js';
import { UnitOfWork } from './database/unit-of-work.js';

const isProvider = (value: unknown): value is Type =>
  typeof value === 'function' && Reflect.hasMetadata(INJECTABLE_WATERMARK, value);

/** All providers of persistent data: a repository is one as soon as its file is exported. */
const repositories: Provider[] = [Database, UnitOfWork, ...Object.values(rows).filter(isProvider)];

/** PostgreSQL and the object store, once a process: `StorageModule.forRoot('narwhal-worker')`. */
@Global()
@Module({})
export class StorageModule implements OnApplicationShutdown {
  constructor(@Inject(OBJECT_STORE) private readonly objects: ObjectStore) {}

  /** `name` is the name of this process's connections in pg_stat_activity; `limits` apply where somebody waits for the answer. */
  static forRoot(name: string, limits?: TimeLimits): DynamicModule {
    const objects: Provider = {
      provide: OBJECT_STORE,
      inject: [CONFIG, Database],
      useFactory: (config: Config, connection: Database) =>
        openStores(config, new StoreHome(connection, configuredStore(config))),
    };
    return {
      module: StorageModule,
      imports: [DatabaseModule.forRoot(name)],
      providers: [objects, { provide: TIME_LIMITS, useValue: limits }, ...repositories],
      exports: [OBJECT_STORE, ...repositories],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.objects.close();
  }
}
