import { Module, type DynamicModule } from '@nestjs/common';
import { PlatformModule, type Config } from '@app/platform';
import { DomainModule } from '@app/domain';
import { FeedModule } from '@app/feed';
import { StorageModule } from '@app/storage';
import { WatchModule } from '@app/watch';
import { HttpModule } from './http/http.module.js';
import { operationsOf } from './http/operations.js';
import { SessionsModule } from './sessions/sessions.module.js';
import { SignUpsModule } from './sign-ups/sign-ups.module.js';
import { InvitationsModule } from './invitations/invitations.module.js';
import { UsersModule } from './users/users.module.js';
import { ExportsModule } from './exports/exports.module.js';
import { ImportsModule } from './imports/imports.module.js';
import { MeModule } from './me/me.module.js';
import { AccountPagesModule } from './account-pages/account-pages.module.js';
import { FactorsModule } from './factors/factors.module.js';
import { IdentitiesModule } from './identities/identities.module.js';
import { PasskeysModule } from './passkeys/passkeys.module.js';
import { ProofsModule } from './proofs/proofs.module.js';
import { EmailsModule } from './emails/emails.module.js';
import { PasswordResetsModule } from './password-resets/password-resets.module.js';
import { RelationsModule } from './relations/relations.module.js';
import { CollectionsModule } from './collections/collections.module.js';
import { PhotosModule } from './photos/photos.module.js';
import { DirectUploadsModule } from './direct-uploads/direct-uploads.module.js';
import { TusUploadsModule } from './tus-uploads/tus-uploads.module.js';
import { PostsModule } from './posts/posts.module.js';
import { TagsModule } from './tags/tags.module.js';
import { SearchModule } from './search/search.module.js';
import { SuggestionsModule } from './suggestions/suggestions.module.js';
import { LikesModule } from './likes/likes.module.js';
import { CommentsModule } from './comments/comments.module.js';
import { NotificationsModule } from './notifications/notifications.module.js';
import { StreamModule } from './stream/stream.module.js';
import { HomeFeedModule } from './feed/feed.module.js';
import { ExploreModule } from './explore/explore.module.js';
import { MediaModule } from './media/media.module.js';
import { InstancePagesModule } from './instance-pages/instance-pages.module.js';
import { InstanceModule } from './instance/instance.module.js';
import { HealthModule } from './health/health.module.js';
import { AdminModule } from './admin/admin.module.js';

/** How long a request waits for Redis before PostgreSQL serves it, in milliseconds. */
const REDIS_BUDGET = 250;

/** How long a request waits for PostgreSQL before it is refused as unavailable, in milliseconds. */
const DATABASE_LIMITS = { read: 5_000, write: 15_000 };

const resources = [
  SessionsModule,
  SignUpsModule,
  InvitationsModule,
  UsersModule,
  MeModule,
  ExportsModule,
  ImportsModule,
  ProofsModule,
  FactorsModule,
  EmailsModule,
  PasskeysModule,
  IdentitiesModule,
  PasswordResetsModule,
  AccountPagesModule,
  RelationsModule,
  CollectionsModule,
  PhotosModule,
  DirectUploadsModule,
  TusUploadsModule,
  PostsModule,
  TagsModule,
  SearchModule,
  SuggestionsModule,
  LikesModule,
  CommentsModule,
  NotificationsModule,
  StreamModule,
  HomeFeedModule,
  ExploreModule,
  MediaModule,
  InstanceModule,
  InstancePagesModule,
  HealthModule,
  AdminModule,
];

/** Every endpoint, with its name in generated clients. */
export const operations = () => operationsOf(resources);

/** The api: a module per resource, on top of the libraries. */
@Module({})
export class ApiModule {
  static with(config: Config): DynamicModule {
    return {
      module: ApiModule,
      imports: [
        PlatformModule.with(config, 'narwhal-api'),
        StorageModule.forRoot('narwhal-api', DATABASE_LIMITS),
        DomainModule,
        FeedModule.forRoot({ budget: REDIS_BUDGET, near: true }),
        WatchModule.forRoot('api'),
        HttpModule,
        ...resources,
      ],
    };
  }
}
