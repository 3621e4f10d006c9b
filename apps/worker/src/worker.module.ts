import { Module, type DynamicModule } from '@nestjs/common';
import { CONFIG, PlatformModule, type Config } from '@app/platform';
import { DomainModule } from '@app/domain';
import { FeedModule } from '@app/feed';
import { StorageModule } from '@app/storage';
import { DevelopPool } from '@app/images';
import { WatchModule } from '@app/watch';
import { DeliverService } from './deliver/deliver.service.js';
import { FanOut } from './deliver/fan-out.js';
import { AtWork } from './develop/at-work.js';
import { Attempting } from './develop/attempting.js';
import { DevelopService } from './develop/develop.service.js';
import { Exchanging } from './develop/exchanging.js';
import { RenditionWriter } from './develop/rendition-writer.js';
import { Settling } from './develop/settling.js';
import { CacheInvalidation } from './effects/cache-invalidation.js';
import { DerivedRows } from './effects/derived-rows.js';
import { Effects } from './effects/effects.js';
import { EffectsService } from './effects/effects.service.js';
import { Erasure } from './effects/erasure.js';
import { Folding } from './effects/folding.js';
import { MailChecks } from './mail/mail-checks.js';
import { Documents } from './export/documents.js';
import { Exporting } from './export/exporting.js';
import { ExportSettling } from './export/export-settling.js';
import { ExportWriter } from './export/export-writer.js';
import { IndexPage } from './export/index-page.js';
import { MarkedData, Others } from './export/marked-data.js';
import { OwnData } from './export/own-data.js';
import { ImportedPhotos } from './import/imported-photos.js';
import { ImportedPosts } from './import/imported-posts.js';
import { Importing } from './import/importing.js';
import { LongWork } from './effects/long-work.js';
import { MailServer } from './mail/mail-server.js';
import { Mails } from './mail/mails.js';
import { TrashedPhotos } from './effects/trashed-photos.js';
import { NotificationAudience } from './notify/notification-audience.js';
import { NotifyService } from './notify/notify.service.js';
import { PeopleGroups } from './notify/people-groups.js';
import { PostGroups } from './notify/post-groups.js';
import { NotificationRecompute } from './notify/notification-recompute.js';
import { NotificationWriter } from './notify/notification-writer.js';
import { AbandonedUploads } from './sweep/abandoned-uploads.js';
import { AccountUpkeep } from './sweep/account-upkeep.js';
import { Housekeeping } from './sweep/housekeeping.js';
import { LocalFiles } from './sweep/local-files.js';
import { Overdue, StuckRows } from './sweep/overdue.js';
import { Sweeper } from './sweep/sweeper.js';
import { TransferAttempts } from './transfers/transfer-attempts.js';
import { Transfers } from './transfers/transfers.service.js';
import { SyntheticChecks } from './synthetic-check/synthetic-checks.js';

/** How long a worker waits for Redis before it leaves the operation to the sweeper, in milliseconds: nobody is waiting for it. */
const REDIS_BUDGET = 5_000;

const develop = [AtWork, RenditionWriter, Exchanging, Settling, Attempting, DevelopService];
const deliver = [FanOut, DeliverService];
const mail = [MailServer, MailChecks, Mails];
const exports = [OwnData, Others, MarkedData, Documents, IndexPage, ExportWriter, ExportSettling, Exporting];
const imports = [ImportedPhotos, ImportedPosts, Importing];
const transfers = [TransferAttempts, Transfers];
const effects = [
  CacheInvalidation,
  DerivedRows,
  Erasure,
  TrashedPhotos,
  LongWork,
  Effects,
  EffectsService,
  Folding,
];
const notify = [
  NotificationAudience,
  NotificationWriter,
  PostGroups,
  PeopleGroups,
  NotificationRecompute,
  NotifyService,
];
const sweep = [AccountUpkeep, StuckRows, Overdue, AbandonedUploads, Housekeeping, LocalFiles, Sweeper];

/** The worker: one room per kind of later work, on top of the libraries. */
@Module({})
export class WorkerModule {
  static with(config: Config): DynamicModule {
    const pool = {
      provide: DevelopPool,
      inject: [CONFIG],
      useFactory: ({ DEVELOP_CONCURRENCY: concurrency, SCRATCH_DIR: folder }: Config) =>
        new DevelopPool({ concurrency, folder }),
    };
    return {
      module: WorkerModule,
      imports: [
        PlatformModule.with(config, 'narwhal-worker'),
        StorageModule.forRoot('narwhal-worker'),
        DomainModule,
        FeedModule.forRoot({ budget: REDIS_BUDGET, near: false }),
        WatchModule.forRoot('worker'),
      ],
      providers: [
        pool,
        ...develop,
        ...deliver,
        ...mail,
        ...exports,
        ...imports,
        ...transfers,
        ...effects,
        ...notify,
        ...sweep,
        SyntheticChecks,
      ],
    };
  }
}
