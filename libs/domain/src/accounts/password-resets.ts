import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, isMailCode, limits, mailOfToken, problem, type Config, type Id } from '@app/platform';
import { MailRows, mayReturn, stateOf, UnitOfWork, UserRows, type Origin, type UserRow } from '@app/storage';
import { Accounts } from './accounts.js';
import type { GivenFactor } from './factor-checks.js';
import { SecondFactors } from './second-factors.js';

/** What the receiver of a mail shows: the secret of its link, or the digits that it names with the login that they gave. */
export type MailProof = { token: string } | { login: string; code: string };

/** The new password; the factor, where the account has one. */
export interface NewPassword {
  password: string;
  factor?: GivenFactor | undefined;
}

interface Opened {
  mailId: Id;
  user: UserRow;
}

const kind = 'reset';
/** A wrong code is refused no sooner than this, in milliseconds: a guess that is counted takes longer than one that is not. */
export const REFUSED_AFTER = 150;

/**
 * Replaces a forgotten password by a mail's link or code. A mail is good once, for a while, and only for the account's state to
 * which it is bound. Nobody buys a password's hash without one.
 */
@Injectable()
export class PasswordResets {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'TOKEN_KEYS'>,
    private readonly accounts: Accounts,
    private readonly factors: SecondFactors,
    private readonly users: UserRows,
    private readonly mails: MailRows,
    private readonly work: UnitOfWork,
  ) {}

  /** What a link would take now: with a second factor or without; null where it does not work. */
  async isGood(token: string): Promise<{ asksForFactor: boolean } | null> {
    const opened = await this.byToken(token);
    if (!opened) return null;
    return { asksForFactor: await this.work.run((tx) => this.factors.isSet(tx, opened.user.id)) };
  }

  /**
   * Ends all sessions. A password that is too weak leaves the mail as it was.
   *
   * @throws Problem 403 `token_used`, `code_wrong` or `second_factor_required`, 422 `password_too_weak`, 503 `busy`
   */
  async reset(proof: MailProof, { password, factor }: NewPassword, from: Origin): Promise<void> {
    const refused = 'token' in proof ? 'token_used' : 'code_wrong';
    const opened = await ('token' in proof
      ? this.byToken(proof.token)
      : this.byCode(proof.login, proof.code));
    if (!opened) throw problem(refused);
    const passwordHash = await this.accounts.hashFor(opened.user, password);
    const replace = async (): Promise<void> => {
      // What the refusal of a wrong factor counted is committed first.
      const wrong = await this.work.run(async (tx) => {
        const user = await this.users.lock(tx, opened.user.id);
        // A reset, a change of password or a closing since then has changed the state.
        if (!user || !stateOf(user).equals(stateOf(opened.user))) throw problem(refused);
        const refusal = await this.factors.judge(tx, user, factor, from);
        if (refusal) return refusal;
        if (!(await this.mails.use(tx, opened.mailId))) throw problem(refused);
        await this.accounts.replacePassword(tx, user.id, passwordHash, from);
        return null;
      });
      if (wrong) throw wrong;
    };
    await (factor ? this.factors.countedFor(opened.user.id, factor, from, replace) : replace());
  }

  // Read in transactions, which a replica refuses: one that lags would not know that a mail was used.

  private async byToken(token: string): Promise<Opened | null> {
    const mailId = mailOfToken(this.config.TOKEN_KEYS, kind, token);
    if (mailId === null) return null;
    return this.work.run(async (tx) => {
      const mail = await this.mails.find(mailId, tx);
      if (!mail?.user_id || mail.used_at !== null || mail.expires_at.getTime() <= Date.now()) return null;
      const user = await this.users.find(mail.user_id, tx);
      return user && isBound(mail.bound, user) ? { mailId, user } : null;
    });
  }

  /** A guess is counted before it is judged, so that many at once are not worth more. */
  private async byCode(login: string, code: string): Promise<Opened | null> {
    const refusal = sleep(REFUSED_AFTER);
    const user = await this.accounts.byLogin(login);
    const { guesses, guessesPerDay } = limits.passwordReset;
    const guess = { kind, at: new Date(), most: guesses, mostADay: guessesPerDay } as const;
    const open = await this.work.run(async (tx) => {
      await this.users.lock(tx, user?.id ?? '0');
      return this.mails.guess(tx, user?.id ?? '0', guess);
    });
    const mail = open.find(({ id }) => isMailCode(this.config.TOKEN_KEYS, kind, id, code));
    if (user && mail && isBound(mail.bound, user)) {
      await this.mails.giveBackGuess(mail.id);
      return { mailId: mail.id, user };
    }
    await refusal;
    return null;
  }
}

/** Whether an account is still in the state to which a mail is bound. */
export const isBound = (bound: Buffer | null, user: UserRow): boolean =>
  bound !== null && mayReturn(user) && stateOf(user).equals(bound);
