import { Collection, CollectionPost } from './collection.js';
import { Comment, CommentLike } from './comment.js';
import { Heartbeat } from './heartbeat.js';
import { IdempotencyKey } from './idempotency.js';
import { CountDelta, Deletion, Outbox, RedisEpoch, Trash } from './later-work.js';
import { Like, PostLike, Save } from './like.js';
import { Notification, NotificationState } from './notification.js';
import { Photo } from './photo.js';
import { Post } from './post.js';
import { Block, BlockedBy, Follow, Follower, Mute } from './relations.js';
import { SearchWord } from './search-word.js';
import { RefreshToken, Session } from './session.js';
import {
  PopularPerson,
  PopularPost,
  Suggestion,
  SuggestionDismissal,
  SuggestionState,
} from './suggestion.js';
import { Place, PostPlace, PostTag, Tag } from './term.js';
import { ObjectCopy, ObjectHome } from './object-home.js';
import { PhotoUsage, Upload } from './upload.js';
import { Email, User, Username } from './user.js';

/** Every table, as TypeORM and the drift check know it. */
export const entities = [
  ObjectHome,
  ObjectCopy,
  Collection,
  CollectionPost,
  User,
  Username,
  Email,
  Session,
  RefreshToken,
  IdempotencyKey,
  Follow,
  Follower,
  Block,
  BlockedBy,
  Mute,
  Photo,
  Upload,
  PhotoUsage,
  Post,
  Like,
  PostLike,
  Save,
  Comment,
  CommentLike,
  Notification,
  NotificationState,
  Suggestion,
  SuggestionState,
  SuggestionDismissal,
  PopularPerson,
  PopularPost,
  Tag,
  PostTag,
  Place,
  PostPlace,
  SearchWord,
  CountDelta,
  Outbox,
  Trash,
  Deletion,
  RedisEpoch,
  Heartbeat,
];
