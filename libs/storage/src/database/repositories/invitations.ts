import { Injectable } from '@nestjs/common';
import { shardOf, type Id } from '@app/platform';
import { Database } from '../database.js';
import type { Invitation } from '../entities/registration.js';
import { keyOf, type Queryable } from '../queryable.js';
import { keyPage, type KeyPage } from './entry-page.js';

/** An invitation is on its inviter's shard, so that one statement sees both: a closed account invites nobody. */
const GOOD = `i.shard = $1 AND i.id = $2 AND i.uses_left > 0 AND i.revoked_at IS NULL AND i.expires_at > clock_timestamp()
  AND (i.inviter_id IS NULL OR EXISTS (SELECT FROM users u WHERE u.shard = $1 AND u.id = i.inviter_id AND u.closed_at IS NULL))`;

/** Invitations, from making one to whom they let in. */
@Injectable()
export class InvitationRows {
  constructor(private readonly database: Database) {}

  /** `inviter` null: an operator's, on a randomly drawn shard. */
  async insert(tx: Queryable, inviter: Id | null, uses: number, seconds: number): Promise<Invitation> {
    const shard = inviter === null ? Math.floor(Math.random() * 8192) : shardOf(inviter);
    return (await tx.first<Invitation>(
      'invitation.insert',
      `INSERT INTO invitations (shard, id, inviter_id, uses, uses_left, expires_at)
       VALUES ($1::int, next_id($1::int), $2, $3::int, $3::int, now() + make_interval(secs => $4)) RETURNING *`,
      [shard, inviter, uses, seconds],
    )) as Invitation;
  }

  /** For how many people somebody's invitations of the last `seconds` are; of one that was taken back, those who came count. */
  async given(tx: Queryable, inviter: Id, seconds: number): Promise<number> {
    const given = await tx.value<number>(
      'invitation.given',
      `SELECT coalesce(sum(CASE WHEN revoked_at IS NULL THEN uses ELSE uses - uses_left END), 0)::int FROM invitations
       WHERE shard = $1 AND inviter_id = $2 AND created_at > now() - make_interval(secs => $3)`,
      keyOf(inviter, seconds),
    );
    return given ?? 0;
  }

  find(id: Id): Promise<Invitation | null> {
    return this.database.byId('invitation.find', 'invitations', id);
  }

  /** One that lets somebody in now, or null. */
  good(id: Id): Promise<Invitation | null> {
    return this.database.first('invitation.good', `SELECT i.* FROM invitations i WHERE ${GOOD}`, keyOf(id));
  }

  /** Takes a place of one, or null: whoever asks for the last at the same time waits, and gets none. */
  use(tx: Queryable, id: Id): Promise<Invitation | null> {
    return tx.first(
      'invitation.use',
      `UPDATE invitations i SET uses_left = uses_left - 1 WHERE ${GOOD} RETURNING i.*`,
      keyOf(id),
    );
  }

  /** A page of somebody's invitations, newest first, without those that were taken back. */
  of(inviter: Id, page: KeyPage): Promise<Invitation[]> {
    const select = `SELECT * FROM invitations WHERE shard = $1 AND inviter_id = $2 AND revoked_at IS NULL`;
    return keyPage(this.database, ['invitation.of', select, keyOf(inviter)], page);
  }

  /** Takes one back; false when it is not theirs. */
  revoke(tx: Queryable, id: Id, inviter: Id): Promise<boolean> {
    return tx.touchesOne(
      'invitation.revoke',
      `UPDATE invitations SET revoked_at = coalesce(revoked_at, now()) WHERE shard = $1 AND id = $2 AND inviter_id = $3`,
      keyOf(id, inviter),
    );
  }
}
