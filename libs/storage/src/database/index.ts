/** PostgreSQL: the connection, transactions with their later effects, the schema, and SQL in the product's words. */
export * from './data-source.js';
export * from './database.js';
export * from './group-commit.js';
export * from './migrate.js';
export * from './postgres-probe.js';
export * from './queryable.js';
export { readsFromReplica, type ReadRequest } from './replica/read-request.js';
export { ReplicatedDatabase } from './replica/replicated-database.js';
export { OWNER_SERVES } from './serving-role.js';
export * from './unit-of-work.js';
export * from './repositories/index.js';
/** Rows, as their entities describe them; without the suffix these would be named as what the api answers. */
export type { AuditEvent } from './entities/audit-event.js';
export type { Comment as CommentRow } from './entities/comment.js';
export type { NotificationType } from './entities/notification.js';
export type { Factor as FactorRow } from './entities/factor.js';
export type { Mail as MailRow } from './entities/mail.js';
export type { Photo as PhotoRow, PhotoState } from './entities/photo.js';
export type { Post as PostRow, PostState, TextEntity } from './entities/post.js';
export type {
  Invitation as InvitationRow,
  Registration as RegistrationRow,
} from './entities/registration.js';
export type { Session as SessionRow } from './entities/session.js';
export type {
  ImportReport,
  Transfer as TransferRow,
  TransferKind,
  TransferState,
} from './entities/transfer.js';
export type { Upload as UploadRow, UploadPurpose, UploadState } from './entities/upload.js';
export type { Audience, Identity as IdentityRow, User as UserRow } from './entities/user.js';
