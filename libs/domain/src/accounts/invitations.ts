import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, invitationOfCode, limits, problem, type Config, type Id } from '@app/platform';
import {
  InvitationRows,
  UnitOfWork,
  UserRows,
  type InvitationRow,
  type Tx,
  type UserRow,
} from '@app/storage';

const { validFor, fromAge, perWeek, perWeekByAdmins } = limits.invitation;
const WEEK = 7 * 24 * 60 * 60;

/** Invitations of people. */
@Injectable()
export class Invitations {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'REGISTRATIONS' | 'TOKEN_KEYS'>,
    private readonly rows: InvitationRows,
    private readonly users: UserRows,
    private readonly work: UnitOfWork,
  ) {}

  /** An invitation for `uses` people. @throws Problem 403 `registrations_closed`, 422 `invitation_limit` */
  async make(tx: Tx, inviter: Id, uses: number): Promise<Id> {
    if (this.config.REGISTRATIONS === 'closed') throw problem('registrations_closed');
    const user = await this.users.lock(tx, inviter);
    if (!user || user.closed_at !== null) throw problem('session_ended');
    const limit = mayInvite(user);
    const actual = (await this.rows.given(tx, inviter, WEEK)) + uses;
    if (actual > limit) throw problem('invitation_limit', { params: { limit, actual } });
    return (await this.rows.insert(tx, inviter, uses, validFor)).id;
  }

  /** @throws Problem 404 for another's */
  async revoke(id: Id, inviter: Id): Promise<void> {
    if (!(await this.work.run((tx) => this.rows.revoke(tx, id, inviter)))) throw problem('not_found');
  }

  /** An invitation that lets its bearer in, and who invites (null: the instance); null for whatever is not good. */
  async opened(code: string): Promise<{ invitation: InvitationRow; inviter: UserRow | null } | null> {
    const id = invitationOfCode(this.config.TOKEN_KEYS, code);
    if (id === null || this.config.REGISTRATIONS === 'closed') return null;
    const invitation = await this.rows.good(id);
    if (!invitation) return null;
    const { inviter_id } = invitation;
    return { invitation, inviter: inviter_id === null ? null : await this.users.find(inviter_id) };
  }
}

/** How many people somebody may invite in a week. */
function mayInvite({ role, created_at }: UserRow): number {
  if (role === 'admin') return perWeekByAdmins;
  return Date.now() - created_at.getTime() < fromAge * 1_000 || role === 'synthetic' ? 0 : perWeek;
}
