/** What the apps and libs/feed may use of storage. Images have an entry point of their own: `@app/storage/images`. */
export * from './backlog.js';
export * from './blocking.js';
export * from './database.js';
export * from './database-look.js';
export * from './following.js';
export * from './group-commit.js';
export * from './liking.js';
export * from './objects/object-keys.js';
export { pieceName, pieceNames, type Pieces, type PieceWriter } from './objects/pieces.js';
export {
  OBJECT_STORE,
  ObjectMissing,
  ObjectTooLarge,
  RangeOutside,
  type ByteRange,
  type ObjectInfo,
  type ObjectRead,
  type ObjectStore,
  type StoreHealth,
  type PresignedPut,
  type StoreKind,
} from './objects/object-store.js';
export { SNIFF_BYTES, type PhotoFormat } from './photo-formats.js';
export * from './post-index.js';
export * from './postgres-probe.js';
export * from './publishing.js';
export * from './rejections.js';
export * from './relation-locks.js';
export * from './removal.js';
export * from './renditions.js';
export * from './repositories/blocks.js';
export * from './repositories/collections.js';
export * from './repositories/comments.js';
export * from './repositories/count-reads.js';
export * from './repositories/counts.js';
export * from './repositories/deletions.js';
export * from './repositories/feed-rows.js';
export * from './repositories/posts.js';
export * from './repositories/redis-epochs.js';
export * from './repositories/arrivals.js';
export * from './repositories/attempts.js';
export * from './repositories/remakes.js';
export * from './repositories/photos.js';
export * from './repositories/likes.js';
export * from './repositories/mark-reads.js';
export * from './repositories/follows.js';
export * from './repositories/idempotency.js';
export * from './repositories/entry-page.js';
export * from './repositories/erasure.js';
export * from './repositories/live-audience.js';
export * from './repositories/notification-causes.js';
export * from './repositories/notification-groups.js';
export * from './repositories/notifications.js';
export * from './repositories/outbox.js';
export * from './repositories/pending.js';
export * from './repositories/sweeps.js';
export * from './repositories/audience.js';
export * from './repositories/popular-posts.js';
export * from './repositories/popular.js';
export * from './repositories/suggestions.js';
export * from './repositories/search-words.js';
export * from './repositories/searching.js';
export * from './repositories/terms.js';
export * from './repositories/trash.js';
export * from './repositories/quota.js';
export * from './repositories/uploads.js';
export * from './quota.js';
export { DIRECT_PIECE } from './arrived-original.js';
export * from './unfinished-photos.js';
export * from './upload-completion.js';
export * from './repositories/sessions.js';
export * from './repositories/users.js';
export * from './schema-behind.js';
export * from './storage.module.js';
export { takenFormat } from './taken-format.js';
export * from './text-entity.js';
export * from './unit-of-work.js';
export * from './visibility.js';
