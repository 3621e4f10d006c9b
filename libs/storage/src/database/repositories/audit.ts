import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { Database } from '../database.js';
import type { AuditEvent } from '../entities/audit-event.js';
import { keyOf, type Queryable } from '../queryable.js';
import { keyPage, type KeyPage } from './entry-page.js';

/** Everything that is recorded of people. A kind that is added is described in docs/clients.md. */
export const auditKinds = [
  'account.created',
  'account.approved',
  'account.closed',
  'account.reopened',
  'username.changed',
  'password.changed',
  'password.reset',
  'password.reset_link',
  'factor.added',
  'factor.removed',
  'factors.removal',
  'factors.kept',
  'factors.removed',
  'identity.added',
  'identity.removed',
  'recovery_codes.made',
  'recovery_code.used',
  'email.verified',
  'email.changed',
  'email.reverted',
  'email.lost',
  'session.began',
  'session.ended',
  'sessions.ended',
  'refresh.repeated',
  'sign_in.guessed',
  'export.asked',
  'import.begun',
  'post.deleted',
  'photo.deleted',
  'comment.deleted',
  'collection.deleted',
  'role.changed',
] as const;

/** `keys.rotated` concerns the instance, the end of a registration nobody any more: they are shown to operators alone. */
export type AuditKind =
  (typeof auditKinds)[number] | 'keys.rotated' | 'registration.refused' | 'registration.expired';

/** Stands for nobody where an event concerns the instance: no person has this id. */
export const instanceId: Id = '0';

/** From where a request came: the network shortened to /24 or /48, and the User-Agent, cut. */
export interface Origin {
  address: string | null;
  userAgent: string | null;
}

/** No client: the command line, or Narwhal itself. */
export const nowhere: Origin = { address: null, userAgent: null };

/** The one record of who did what to whom: rows are added in the transaction of the act, and never changed. */
@Injectable()
export class AuditRows {
  constructor(private readonly database: Database) {}

  /** `actorId` is the person concerned unless it says otherwise. */
  async record(
    tx: Queryable,
    kind: AuditKind,
    userId: Id,
    { address, userAgent }: Origin,
    { actorId = userId, ...params }: { actorId?: Id | null; [name: string]: unknown } = {},
  ): Promise<void> {
    await tx.query(
      'audit.record',
      `INSERT INTO audit_events (shard, id, user_id, actor_id, kind, address, user_agent, params)
       VALUES ($1::int, next_id($1::int), $2, $3, $4, $5, $6, $7)`,
      keyOf(userId, actorId, kind, address, userAgent, params),
    );
  }

  /** A page of what concerns a person, newest first. */
  of(userId: Id, page: KeyPage): Promise<AuditEvent[]> {
    const select = `SELECT * FROM audit_events WHERE shard = $1 AND user_id = $2`;
    return keyPage(this.database, ['audit.of', select, keyOf(userId)], page);
  }
}
