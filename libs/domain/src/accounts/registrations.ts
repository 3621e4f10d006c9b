import { Injectable } from '@nestjs/common';
import { counter, firstIdAt, limits, problem, type Id } from '@app/platform';
import {
  AuditRows,
  ErasureRows,
  nowhere,
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

/** Whoever decides: an admin, or an operator at the command line, by their name on that machine. */
export type Decider = { adminId: Id } | { operator: string };

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
  async decide(id: Id, decision: Decision, by: Decider, from: Origin): Promise<void> {
    const isDecided = await this.work.run((tx) =>
      decision.state === 'approved'
        ? this.approve(tx, id, by, from)
        : this.refuse(tx, id, decision.reason || null, by, from),
    );
    if (!isDecided) throw problem('not_found');
  }

  /** For the worker: deletes sign-ups on which nobody decided in time, and tells those people. Returns how many. */
  async expireDue(limit: number): Promise<number> {
    const until = firstIdAt(Date.now() - limits.registration.waitsFor * 1000);
    const due = await this.rows.before(until, limit);
    for (const id of due) await this.work.run((tx) => this.expire(tx, id));
    return due.length;
  }

  private async expire(tx: Tx, id: Id): Promise<void> {
    const waiting = await this.rows.refuse(tx, id);
    if (!waiting) return;
    await this.audit.record(tx, 'registration.expired', id, nowhere, { actorId: null });
    await this.mails.undecided(tx, waiting);
  }

  private async approve(tx: Tx, id: Id, by: Decider, from: Origin): Promise<boolean> {
    const user = await this.rows.approve(tx, id);
    if (!user) return (await this.users.find(id, tx)) !== null;
    await this.audit.record(tx, 'account.approved', id, from, deciderOf(by));
    await this.mails.approved(tx, user);
    tx.afterCommit(() => counter('narwhal_signups_total').inc());
    return true;
  }

  private async refuse(tx: Tx, id: Id, reason: string | null, by: Decider, from: Origin): Promise<boolean> {
    const waiting = await this.rows.refuse(tx, id);
    if (!waiting) return 'adminId' in by && this.erasure.isBy(by.adminId, id);
    if ('adminId' in by) await this.erasure.record(tx, by.adminId, [id]);
    await this.audit.record(tx, 'registration.refused', id, from, deciderOf(by));
    await this.mails.refused(tx, waiting, reason);
    return true;
  }
}

const deciderOf = (by: Decider) =>
  'adminId' in by ? { actorId: by.adminId } : { actorId: null, operator: by.operator };
