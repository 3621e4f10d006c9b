import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, problem, type Config, type Id } from '@app/platform';
import { AuditRows, lockAccount, UnitOfWork, UserRows, type Origin, type Tx } from '@app/storage';
import type { Caller } from './access-tokens.js';
import type { Proof } from './accounts.js';
import { Proofs } from './proofs.js';
import { Sessions } from './sessions.js';

const DAY = 24 * 60 * 60 * 1_000;

/** The end of accounts: hidden at once, erased some days later, and open again if their owner signs in before that. */
@Injectable()
export class Closing {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'ACCOUNT_DELETION_DAYS'>,
    private readonly proofs: Proofs,
    private readonly rows: UserRows,
    private readonly sessions: Sessions,
    private readonly audit: AuditRows,
    private readonly work: UnitOfWork,
  ) {}

  /** Closes the caller's account, and returns when it is erased. @throws Problem 403 `proof_required` */
  async close(caller: Caller, proof: string | null, from: Origin): Promise<Date> {
    return this.work.run(async (tx) => {
      await lockAccount(tx, caller.userId);
      await this.proofs.mustHold(tx, caller, proof);
      return this.begin(tx, caller.userId, from);
    });
  }

  /** The same without a session, for whoever has no app. @throws Problem 401 `bad_credentials` */
  async closeBy(proof: Proof, from: Origin): Promise<Date> {
    return this.work.run(async (tx) => {
      await lockAccount(tx, proof.userId);
      const user = await this.rows.lock(tx, proof.userId);
      if (user?.password_hash !== proof.passwordHash) throw problem('bad_credentials');
      return user.erase_at ?? this.begin(tx, user.id, from);
    });
  }

  /** Nobody sees a closed account, and all its sessions end. */
  private async begin(tx: Tx, userId: Id, from: Origin): Promise<Date> {
    const eraseAt = new Date(Date.now() + this.config.ACCOUNT_DELETION_DAYS * DAY);
    await this.rows.close(tx, userId, eraseAt);
    await this.audit.record(tx, 'account.closed', userId, from);
    await this.sessions.endIn(tx, userId, {});
    await this.seenOrNot(tx, userId);
    return eraseAt;
  }

  /** Whoever signs in wants to keep their account: opens a locked one again, if it was closed. */
  async undo(tx: Tx, userId: Id, from: Origin): Promise<void> {
    if (!(await this.rows.reopen(tx, userId))) return;
    await this.audit.record(tx, 'account.reopened', userId, from);
    await this.seenOrNot(tx, userId);
  }

  /** For the worker: erases accounts whose time has come, and returns how many. */
  async eraseDue(limit: number): Promise<number> {
    const due = await this.rows.leaving(limit);
    for (const id of due) await this.erase(id);
    return due.length;
  }

  /** What identifies the owner goes now, the rest in batches. */
  private async erase(userId: Id): Promise<void> {
    await this.work.run(async (tx) => {
      await lockAccount(tx, userId);
      const user = await this.rows.lock(tx, userId);
      if (!user?.erase_at || user.erase_at.getTime() > Date.now()) return;
      await this.rows.hashNames(tx, user);
      await this.rows.releaseEmail(tx, user.email, userId);
      await this.rows.blank(tx, userId);
      await tx.effect('user.changed', userId);
      await tx.effect('user.erase', userId);
    });
  }

  /** Their posts stop counting under tags, at places and in explore, or count again. */
  private async seenOrNot(tx: Tx, userId: Id): Promise<void> {
    await tx.effect('user.changed', userId);
    await tx.effect('privacy.changed', userId);
    await tx.effect('notify.privacy', userId);
  }
}
