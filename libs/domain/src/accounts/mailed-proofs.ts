import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, isMailCode, limits, problem, Problem, tooMany, type Config, type Id } from '@app/platform';
import { EmailRows, MailRows, UnitOfWork, type Origin, type Tx, type UserRow } from '@app/storage';
import type { Caller } from './access-tokens.js';
import { FactorChecks } from './factor-checks.js';
import { Letters } from './letters.js';
import { isBound } from './password-resets.js';
import { Proofs, type ShownProof } from './proofs.js';

const kind = 'proof';
const { mailFor: seconds, mailsPerHour, guesses: most, guessesPerDay: mostADay } = limits.proof;

/** Six digits, mailed to the verified address of a locked account; the newest mail's are good, once. */
@Injectable()
export class MailedCodes {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'TOKEN_KEYS'>,
    private readonly emails: EmailRows,
    private readonly mails: MailRows,
    private readonly letters: Letters,
  ) {}

  /** @throws Problem 403 `proof_not_mailed`; 429 beyond the account's limit */
  async send(tx: Tx, user: UserRow): Promise<void> {
    if (!(await this.emails.standing(user, tx)).verified) throw problem('proof_not_mailed');
    const pause = await this.mails.pause(tx, user.id, kind, { most: mailsPerHour, seconds: 60 * 60 });
    if (pause > 0) throw tooMany(pause);
    await this.mails.withdraw(tx, user.id, kind);
    await this.letters.toOwner(tx, user, { kind, address: user.email, seconds });
  }

  /** Uses one up; returns the refusal of a wrong one, since the guess that it counts has to be committed. */
  async check(tx: Tx, user: UserRow, code: string): Promise<Problem | null> {
    const open = await this.mails.guess(tx, user.id, { kind, at: new Date(), most, mostADay });
    const mail = open.find(({ id }) => isMailCode(this.config.TOKEN_KEYS, kind, id, code));
    if (!mail || !isBound(mail.bound, user) || !(await this.mails.use(tx, mail.id)))
      return problem('code_wrong');
    return null;
  }
}

/**
 * Proofs by a mail, for people without a second factor: whoever reads their mailbox could replace their password, too. With a second
 * factor a mailbox is not enough for anything.
 */
@Injectable()
export class MailedProofs {
  constructor(
    private readonly proofs: Proofs,
    private readonly checks: FactorChecks,
    private readonly codes: MailedCodes,
    private readonly work: UnitOfWork,
  ) {}

  /** @throws Problem 403 `proof_not_mailed`; 429 beyond the account's limit */
  async ask(caller: Caller): Promise<void> {
    await this.work.run(async (tx) => {
      const user = await this.proofs.owner(tx, caller);
      if (await this.hasFactor(tx, user.id)) throw problem('proof_not_mailed');
      await this.codes.send(tx, user);
    });
  }

  /** By a code of the authenticator app, or of a mail where there is none. @throws Problem as `Proofs.byFactor` */
  async byCode(caller: Caller, code: string, from: Origin): Promise<ShownProof> {
    // Asked outside of what counts: an answer that is no guess would end the pauses after wrong ones.
    const { userId } = caller;
    if (await this.work.run((tx) => this.hasFactor(tx, userId)))
      return this.proofs.byFactor(caller, { code }, from);
    const judge = async (): Promise<UserRow> => {
      const judged = await this.work.run(async (tx) => {
        const user = await this.proofs.owner(tx, caller);
        if (await this.hasFactor(tx, userId)) return problem('code_wrong');
        return (await this.codes.check(tx, user, code.replaceAll(/\s/g, ''))) ?? user;
      });
      if (judged instanceof Problem) throw judged;
      return judged;
    };
    const user = await this.checks.counted(userId, { code }, from, judge);
    return this.proofs.make(caller, user, { mailed: true });
  }

  private async hasFactor(tx: Tx, userId: Id): Promise<boolean> {
    return (await this.checks.methods(tx, userId)).length > 0;
  }
}
