import {
  Global,
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationShutdown,
  type Provider,
} from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CONFIG, databaseFault, type Config } from '@app/platform';
import { Database, TIME_LIMITS, type TimeLimits } from './database/database.js';
import { dataSourceOptions } from './database/data-source.js';
import { OBJECT_STORE, type ObjectStore } from './objects/object-store.js';
import { configuredStore, openStores } from './objects/open-object-store.js';
import { StoreHome } from './objects/store-home.js';
import { BlockRows } from './database/repositories/blocks.js';
import { CollectionRows } from './database/repositories/collections.js';
import { CommentRows } from './database/repositories/comments.js';
import { DeletionRows } from './database/repositories/deletions.js';
import { FollowRows } from './database/repositories/follows.js';
import { LikeRows } from './database/repositories/likes.js';
import { ArrivalRows } from './database/repositories/arrivals.js';
import { AttemptRows } from './database/repositories/attempts.js';
import { RemakeRows } from './database/repositories/remakes.js';
import { PhotoRows } from './database/repositories/photos.js';
import { PostRows } from './database/repositories/posts.js';
import { CountRows } from './database/repositories/counts.js';
import { QuotaRows } from './database/repositories/quota.js';
import { UploadRows } from './database/repositories/uploads.js';
import { IdempotencyRows } from './database/repositories/idempotency.js';
import { LiveAudience } from './database/repositories/live-audience.js';
import { NotificationCauses } from './database/repositories/notification-causes.js';
import { NotificationGroups } from './database/repositories/notification-groups.js';
import { NotificationRows } from './database/repositories/notifications.js';
import { OutboxRows } from './database/repositories/outbox.js';
import { SessionRows } from './database/repositories/sessions.js';
import { UserRows } from './database/repositories/users.js';
import { AudienceRows } from './database/repositories/audience.js';
import { ErasureRows } from './database/repositories/erasure.js';
import { PendingRows } from './database/repositories/pending.js';
import { SweepRows } from './database/repositories/sweeps.js';
import { TrashRows } from './database/repositories/trash.js';
import { PopularPostRows } from './database/repositories/popular-posts.js';
import { PopularRows } from './database/repositories/popular.js';
import { SuggestionRows } from './database/repositories/suggestions.js';
import { SearchWords } from './database/repositories/search-words.js';
import { SearchRows } from './database/repositories/searching.js';
import { TermRows } from './database/repositories/terms.js';
import { UnitOfWork } from './database/unit-of-work.js';

/** All providers of persistent data; a new repository is one line here. */
const repositories: Provider[] = [
  Database,
  UnitOfWork,
  PopularPostRows,
  PopularRows,
  SuggestionRows,
  SearchRows,
  SearchWords,
  TermRows,
  AudienceRows,
  ErasureRows,
  PendingRows,
  SweepRows,
  TrashRows,
  BlockRows,
  CollectionRows,
  CommentRows,
  DeletionRows,
  FollowRows,
  LikeRows,
  ArrivalRows,
  AttemptRows,
  RemakeRows,
  PhotoRows,
  QuotaRows,
  UploadRows,
  PostRows,
  CountRows,
  IdempotencyRows,
  LiveAudience,
  NotificationCauses,
  NotificationGroups,
  NotificationRows,
  OutboxRows,
  SessionRows,
  UserRows,
];

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
    const objects: Provider = {
      provide: OBJECT_STORE,
      inject: [CONFIG, Database],
      useFactory: (config: Config, connection: Database) =>
        openStores(config, new StoreHome(connection, configuredStore(config))),
    };
    return {
      module: StorageModule,
      imports: [database],
      providers: [objects, { provide: TIME_LIMITS, useValue: limits }, ...repositories],
      exports: [OBJECT_STORE, ...repositories],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.objects.close();
  }
}
