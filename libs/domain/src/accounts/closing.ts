import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config, type Id } from '@app/platform';
import { IdentityRows, lockAccount, UnitOfWork, UserRows, type Origin, type Tx } from '@app/storage';
import { AccountRecord } from './account-record.js';
import { Sessions } from './sessions.js';

const DAY = 24 * 60 * 60 * 1_000;

/** The end of accounts: hidden at once, erased some days later, and open again if their owner signs in before that. */
@Injectable()
export class Closing {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'ACCOUNT_DELETION_DAYS'>,
    private readonly rows: UserRows,
    private readonly identities: IdentityRows,
    private readonly sessions: Sessions,
    private readonly audit: AccountRecord,
    private readonly work: UnitOfWork,
  ) {}

  /** Closes a locked account: nobody sees it, and all its sessions end. Returns when it is erased. */
  async begin(tx: Tx, userId: Id, from: Origin): Promise<Date> {
    const eraseAt = new Date(Date.now() + this.config.ACCOUNT_DELETION_DAYS * DAY);
    await this.rows.close(tx, userId, eraseAt);
    await this.audit.record(tx, 'account.closed', userId, from);
    // One that is erased at once has no address by the time that a mail is sent.
    const seconds = (eraseAt.getTime() - Date.now()) / 1_000;
    if (this.config.ACCOUNT_DELETION_DAYS > 0) await this.audit.tell(tx, userId, 'account_closed', seconds);
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

  /** For the worker: erases accounts whose time has come, and returns how many. @throws what kept one of them, after all others */
  async eraseDue(limit: number): Promise<number> {
    const due = await this.rows.leaving(limit);
    const faults: unknown[] = [];
    for (const id of due) await this.erase(id).catch((error: unknown) => faults.push(error));
    if (faults.length > 0) throw faults[0];
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
      await this.identities.unlinkAll(tx, userId);
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
