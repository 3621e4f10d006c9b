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
import { Database, TIME_LIMITS, type TimeLimits } from './database.js';
import { dataSourceOptions } from './data-source.js';
import { OBJECT_STORE, type ObjectStore } from './objects/object-store.js';
import { configuredStore, openStores } from './objects/open-object-store.js';
import { StoreHome } from './store-home.js';
import { Backlog } from './backlog.js';
import { Blocking } from './blocking.js';
import { Following } from './following.js';
import { Liking } from './liking.js';
import { BlockRows } from './repositories/blocks.js';
import { CollectionRows } from './repositories/collections.js';
import { CommentRows } from './repositories/comments.js';
import { DeletionRows } from './repositories/deletions.js';
import { FollowRows } from './repositories/follows.js';
import { LikeRows } from './repositories/likes.js';
import { ArrivalRows } from './repositories/arrivals.js';
import { AttemptRows } from './repositories/attempts.js';
import { RemakeRows } from './repositories/remakes.js';
import { PhotoRows } from './repositories/photos.js';
import { PostRows } from './repositories/posts.js';
import { CountRows } from './repositories/counts.js';
import { QuotaRows } from './repositories/quota.js';
import { UploadRows } from './repositories/uploads.js';
import { Quota } from './quota.js';
import { UnfinishedPhotos } from './unfinished-photos.js';
import { UploadCompletion } from './upload-completion.js';
import { IdempotencyRows } from './repositories/idempotency.js';
import { LiveAudience } from './repositories/live-audience.js';
import { NotificationCauses } from './repositories/notification-causes.js';
import { NotificationGroups } from './repositories/notification-groups.js';
import { NotificationRows } from './repositories/notifications.js';
import { OutboxRows } from './repositories/outbox.js';
import { SessionRows } from './repositories/sessions.js';
import { UserRows } from './repositories/users.js';
import { Publishing } from './publishing.js';
import { Removal } from './removal.js';
import { AudienceRows } from './repositories/audience.js';
import { ErasureRows } from './repositories/erasure.js';
import { PendingRows } from './repositories/pending.js';
import { SweepRows } from './repositories/sweeps.js';
import { TrashRows } from './repositories/trash.js';
import { PostIndex } from './post-index.js';
import { PopularPostRows } from './repositories/popular-posts.js';
import { PopularRows } from './repositories/popular.js';
import { SuggestionRows } from './repositories/suggestions.js';
import { SearchWords } from './repositories/search-words.js';
import { SearchRows } from './repositories/searching.js';
import { TermRows } from './repositories/terms.js';
import { UnitOfWork } from './unit-of-work.js';
import { Visibility } from './visibility.js';

/** Everything that stands for what lasts; a new repository is one line here. */
const repositories: Provider[] = [
  Database,
  UnitOfWork,
  Visibility,
  PostIndex,
  PopularPostRows,
  PopularRows,
  SuggestionRows,
  SearchRows,
  SearchWords,
  TermRows,
  Publishing,
  Removal,
  AudienceRows,
  ErasureRows,
  PendingRows,
  SweepRows,
  TrashRows,
  Backlog,
  Blocking,
  Following,
  Liking,
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
  Quota,
  UploadRows,
  UnfinishedPhotos,
  UploadCompletion,
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

/** Says at the first failure what is waited for, in the journal of whoever looks meanwhile; whether waiting helps. */
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

  /** `name` is what pg_stat_activity calls this process's connections; `limits` are for those whom somebody waits for. */
  static forRoot(name: string, limits?: TimeLimits): DynamicModule {
    const database = TypeOrmModule.forRootAsync({
      inject: [CONFIG],
      useFactory: (config: Config) => ({
        ...dataSourceOptions({ url: config.DATABASE_URL, name, pool: config.DATABASE_POOL }),
        // A database that starts beside us is waited for; after 30 s the process ends and its supervisor says so.
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
