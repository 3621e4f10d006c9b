import type { Provider, Type } from '@nestjs/common';
import { AdminController } from './admin/admin.controller.js';
import { BlocksController } from './blocks/blocks.controller.js';
import { BlocksService } from './blocks/blocks.service.js';
import { CollectedPosts } from './collections/collected-posts.service.js';
import { CollectionsController } from './collections/collections.controller.js';
import { CollectionsService } from './collections/collections.service.js';
import { FollowRequestsController } from './follows/follow-requests.controller.js';
import { ProfileService } from './me/profile.service.js';
import { ArchiveController } from './posts/archive.controller.js';
import { SignUpService } from './users/sign-up.service.js';
import { CommentLists } from './comments/comment-lists.service.js';
import { CommentView } from './comments/comment-view.js';
import { CommentsController } from './comments/comments.controller.js';
import { CommentsService } from './comments/comments.service.js';
import { ExploreController } from './explore/explore.controller.js';
import { ExploreService } from './explore/explore.service.js';
import { FeedController } from './feed/feed.controller.js';
import { FeedService } from './feed/feed.service.js';
import { FollowListsService } from './follows/follow-lists.service.js';
import { FollowsController } from './follows/follows.controller.js';
import { FollowsService } from './follows/follows.service.js';
import { HealthController } from './health/health.controller.js';
import { Cursors } from './http/cursors.js';
import { Idempotency } from './http/idempotency.js';
import { RankedLists } from './http/ranked-lists.js';
import { RateLimits } from './http/rate-limits.js';
import { InstanceController } from './instance/instance.controller.js';
import { LikeBatches } from './likes/like-batches.js';
import { LikesController } from './likes/likes.controller.js';
import { LikesService } from './likes/likes.service.js';
import { SavesService } from './likes/saves.service.js';
import { AvatarService } from './me/avatar.service.js';
import { MeController } from './me/me.controller.js';
import { MeService } from './me/me.service.js';
import { MediaController } from './media/media.controller.js';
import { MediaService } from './media/media.service.js';
import { NotificationPeople } from './notifications/notification-people.js';
import { NotificationView } from './notifications/notification-view.js';
import { NotificationsController } from './notifications/notifications.controller.js';
import { NotificationsService } from './notifications/notifications.service.js';
import { DirectUploadsController } from './direct-uploads/direct-uploads.controller.js';
import { DirectCompletion } from './direct-uploads/direct-completion.service.js';
import { DirectUploads } from './direct-uploads/direct-uploads.service.js';
import { DiskRoom } from './photos/disk-room.js';
import { OriginalsController } from './photos/originals.controller.js';
import { PhotoAnswers } from './photos/photo-answers.js';
import { PhotoReading } from './photos/photo-reading.service.js';
import { PhotoView } from './photos/photo-view.js';
import { PhotosController } from './photos/photos.controller.js';
import { PhotosService } from './photos/photos.service.js';
import { UploadReader } from './photos/upload-reader.js';
import { MultipartUploads } from './photos/multipart-uploads.js';
import { PostJsonCache } from './posts/post-json-cache.js';
import { PostSources } from './posts/post-sources.js';
import { PostLists } from './posts/post-lists.service.js';
import { PostReading } from './posts/post-reading.service.js';
import { PostView } from './posts/post-view.js';
import { PostWriting } from './posts/post-writing.service.js';
import { PostsController } from './posts/posts.controller.js';
import { PostsService } from './posts/posts.service.js';
import { AccessTokens } from './sessions/access-tokens.js';
import { Credentials } from './sessions/credentials.js';
import { Passwords } from './sessions/passwords.js';
import { RefreshTokens } from './sessions/refresh-tokens.js';
import { SessionLookup } from './sessions/session-lookup.js';
import { SessionsController } from './sessions/sessions.controller.js';
import { SessionsService } from './sessions/sessions.service.js';
import { SearchController } from './search/search.controller.js';
import { SearchService } from './search/search.service.js';
import { SuggestionsController } from './suggestions/suggestions.controller.js';
import { SuggestionsService } from './suggestions/suggestions.service.js';
import { TagsController } from './tags/tags.controller.js';
import { TermLists } from './tags/term-lists.service.js';
import { TextEntities } from './texts/text-entities.js';
import { StreamController } from './stream/stream.controller.js';
import { StreamNews } from './stream/stream-news.js';
import { StreamService } from './stream/stream.service.js';
import { Streams } from './stream/streams.js';
import { UserLists } from './users/user-lists.js';
import { UserView } from './users/user-view.js';
import { TusAppends } from './tus-uploads/tus-appends.js';
import { TusUploads } from './tus-uploads/tus-uploads.js';
import { UploadSecrets } from './tus-uploads/upload-secrets.js';
import { UploadsController } from './tus-uploads/uploads.controller.js';
import { UsersController } from './users/users.controller.js';
import { UsersService } from './users/users.service.js';

/** One room: its controllers, and the services behind them. */
interface Room {
  controllers: Type[];
  services: Provider[];
}

const http: Room = { controllers: [], services: [Cursors, RankedLists, Idempotency, RateLimits] };
const sessions: Room = {
  controllers: [SessionsController],
  services: [AccessTokens, RefreshTokens, Passwords, Credentials, SessionLookup, SessionsService],
};
const users: Room = {
  controllers: [UsersController],
  services: [UserView, UsersService, SignUpService, UserLists],
};
const me: Room = { controllers: [MeController], services: [ProfileService, MeService, AvatarService] };
const follows: Room = {
  controllers: [FollowsController, FollowRequestsController],
  services: [FollowsService, FollowListsService],
};
const blocks: Room = { controllers: [BlocksController], services: [BlocksService] };
const collections: Room = {
  controllers: [CollectionsController],
  services: [CollectionsService, CollectedPosts],
};
const photos: Room = {
  controllers: [PhotosController, OriginalsController],
  services: [DiskRoom, UploadReader, MultipartUploads, PhotosService, PhotoReading, PhotoView, PhotoAnswers],
};
const directUploads: Room = {
  controllers: [DirectUploadsController],
  services: [DirectUploads, DirectCompletion],
};
const uploads: Room = {
  controllers: [UploadsController],
  services: [UploadSecrets, TusUploads, TusAppends],
};
const posts: Room = {
  controllers: [PostsController, ArchiveController],
  services: [PostSources, PostJsonCache, PostView, PostReading, PostLists, PostWriting, PostsService],
};
const texts: Room = { controllers: [], services: [TextEntities] };
const tags: Room = { controllers: [TagsController], services: [TermLists] };
const search: Room = { controllers: [SearchController], services: [SearchService] };
const suggestions: Room = { controllers: [SuggestionsController], services: [SuggestionsService] };
const likes: Room = { controllers: [LikesController], services: [LikeBatches, LikesService, SavesService] };
const comments: Room = {
  controllers: [CommentsController],
  services: [CommentView, CommentLists, CommentsService],
};
const notifications: Room = {
  controllers: [NotificationsController],
  services: [NotificationPeople, NotificationView, NotificationsService],
};
const stream: Room = { controllers: [StreamController], services: [StreamNews, Streams, StreamService] };
const explore: Room = { controllers: [ExploreController], services: [ExploreService] };
const feed: Room = { controllers: [FeedController], services: [FeedService] };
const media: Room = { controllers: [MediaController], services: [MediaService] };
const operators: Room = {
  controllers: [InstanceController, HealthController, AdminController],
  services: [],
};

const rooms: Room[] = [
  http,
  sessions,
  users,
  me,
  follows,
  blocks,
  collections,
  photos,
  directUploads,
  texts,
  uploads,
  posts,
  tags,
  search,
  suggestions,
  likes,
  comments,
  notifications,
  stream,
  feed,
  explore,
  media,
  operators,
];

export const controllers = rooms.flatMap((room) => room.controllers);
export const services = rooms.flatMap((room) => room.services);
