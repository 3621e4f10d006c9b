import { Injectable } from '@nestjs/common';
import { counter, problem, type Id } from '@app/platform';
import {
  AuditRows,
  ErasureRows,
  RegistrationRows,
  UnitOfWork,
  UserRows,
  type Origin,
  type RegistrationRow,
  type Tx,
} from '@app/storage';
import { RegistrationMails } from './registration-mails.js';

/** What an admin says to a sign-up that waits. */
export interface Decision {
  state: 'approved' | 'refused';
  /** Told to who is refused. */
  reason?: string | null | undefined;
}

/** Sign-ups that wait for an admin. */
@Injectable()
export class Registrations {
  constructor(
    private readonly rows: RegistrationRows,
    private readonly users: UserRows,
    private readonly mails: RegistrationMails,
    private readonly erasure: ErasureRows,
    private readonly audit: AuditRows,
    private readonly work: UnitOfWork,
  ) {}

  /** @throws Problem 404 */
  async find(id: Id): Promise<RegistrationRow> {
    const waiting = await this.rows.find(id);
    if (!waiting) throw problem('not_found');
    return waiting;
  }

  /** May be repeated. @throws Problem 404 for one that does not wait, and was not decided so */
  async decide(id: Id, decision: Decision, admin: Id, from: Origin): Promise<void> {
    const isDecided = await this.work.run((tx) =>
      decision.state === 'approved'
        ? this.approve(tx, id, admin, from)
        : this.refuse(tx, id, decision.reason || null, admin, from),
    );
    if (!isDecided) throw problem('not_found');
  }

  private async approve(tx: Tx, id: Id, admin: Id, from: Origin): Promise<boolean> {
    const user = await this.rows.approve(tx, id);
    if (!user) return (await this.users.find(id, tx)) !== null;
    await this.audit.record(tx, 'account.approved', id, from, { actorId: admin });
    await this.mails.approved(tx, user);
    tx.afterCommit(() => counter('narwhal_signups_total').inc());
    return true;
  }

  private async refuse(tx: Tx, id: Id, reason: string | null, admin: Id, from: Origin): Promise<boolean> {
    const waiting = await this.rows.refuse(tx, id);
    if (!waiting) return this.erasure.isBy(admin, id);
    await this.erasure.record(tx, admin, [id]);
    await this.audit.record(tx, 'registration.refused', id, from, { actorId: admin });
    await this.mails.refused(tx, waiting, reason);
    return true;
  }
}
