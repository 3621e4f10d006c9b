import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, limits, mailOfToken, problem, type Config, type Id } from '@app/platform';
import {
  AuditRows,
  MailRows,
  newFolder,
  stateOf,
  TransferRows,
  UnitOfWork,
  UserRows,
  type Origin,
  type TransferRow,
  type UserRow,
} from '@app/storage';
import type { Caller } from './access-tokens.js';
import { Accounts } from './accounts.js';
import { hasPassword } from './passwords.js';
import { Proofs } from './proofs.js';
import { SecondFactors } from './second-factors.js';

/** Exports of all that is a person's: who may ask for one. */
@Injectable()
export class Exports {
  constructor(
    private readonly proofs: Proofs,
    private readonly rows: TransferRows,
    private readonly users: UserRows,
    private readonly audit: AuditRows,
    private readonly work: UnitOfWork,
  ) {}

  /**
   * Begins one; or returns the one that is being made, or was asked for within a day: so a request may be repeated.
   *
   * @throws Problem 403 `proof_required`
   */
  async ask(caller: Caller, proof: string | null, locale: string, from: Origin): Promise<TransferRow> {
    return this.work.run(async (tx) => {
      const { id: userId } = await this.proofs.mustHold(tx, caller, proof);
      const lately = await this.rows.lately(tx, userId, limits.export.every);
      if (lately) return lately;
      const made = await this.rows.insert(tx, userId, newFolder(), locale);
      await this.audit.record(tx, 'export.asked', userId, from);
      await tx.effect('export.make', made.id);
      return made;
    });
  }

  /** @throws Problem 404 for one that is another's, or over */
  async own(id: Id, owner: Id): Promise<TransferRow> {
    const row = await this.rows.find(id);
    if (row?.user_id !== owner || row.kind !== 'export' || isOver(row)) throw problem('not_found');
    return row;
  }

  /** One whose address is known. @throws Problem 404 when it is over, or its account is closed */
  async ready(id: Id): Promise<TransferRow> {
    const row = await this.rows.find(id);
    if (row?.state !== 'ready' || row.kind !== 'export' || isOver(row)) throw problem('not_found');
    const user = await this.users.find(row.user_id);
    if (!user || user.closed_at !== null) throw problem('not_found');
    return row;
  }
}

interface Opened {
  user: UserRow;
  row: TransferRow;
  /** Whether their app alone shows it. */
  isInApp: boolean;
}

/** Links in mails about exports. */
@Injectable()
export class ExportLinks {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'TOKEN_KEYS'>,
    private readonly factors: SecondFactors,
    private readonly mails: MailRows,
    private readonly users: UserRows,
    private readonly rows: TransferRows,
    private readonly work: UnitOfWork,
  ) {}

  /** Read in a transaction, which a replica refuses. */
  async open(token: string): Promise<Opened | null> {
    const mailId = mailOfToken(this.config.TOKEN_KEYS, 'export', token);
    if (mailId === null) return null;
    return this.work.run(async (tx) => {
      const mail = await this.mails.find(mailId, tx);
      if (!mail?.user_id || mail.expires_at.getTime() <= Date.now()) return null;
      const user = await this.users.find(mail.user_id, tx);
      if (!user || user.closed_at !== null || !mail.bound?.equals(stateOf(user))) return null;
      const row = await this.rows.newestReady(tx, user.id);
      return row && { user, row, isInApp: !hasPassword(user) || (await this.factors.isSet(tx, user.id)) };
    });
  }
}

/**
 * What the mail of an export opens: with the password, since an address may have been mistyped, and a mail is read by others. With a
 * second factor a mail and the password are not enough, so such accounts have it in their app; so have those without a password.
 */
@Injectable()
export class ExportMails {
  constructor(
    private readonly accounts: Accounts,
    private readonly links: ExportLinks,
  ) {}

  /** Where a link leads to: a form for the password, or the app; null to nothing. */
  async asks(token: string): Promise<'password' | 'app' | null> {
    const opened = await this.links.open(token);
    if (!opened) return null;
    return opened.isInApp ? 'app' : 'password';
  }

  /**
   * The export; null where the link alone leads to none.
   *
   * @throws Problem 403 for a wrong password; 429 after several
   */
  async find(token: string, password: string, from: Origin): Promise<TransferRow | null> {
    const opened = await this.links.open(token);
    if (!opened || opened.isInApp) return null;
    const { username } = opened.user;
    const proof = await this.accounts.authenticate({ login: username, password }, from);
    if (proof?.userId !== opened.user.id) throw problem('password_wrong');
    return opened.row;
  }
}

const isOver = ({ state, expires_at }: TransferRow): boolean =>
  state === 'ended' || (expires_at !== null && expires_at.getTime() <= Date.now());
