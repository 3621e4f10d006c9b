import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, isMailCode, limits, mailOfToken, problem, type Config, type Id } from '@app/platform';
import { MailRows, UnitOfWork, UserRows, type AddressedMail, type Origin, type Tx } from '@app/storage';
import { Accounts, nameOf } from './accounts.js';
import { AddressChanges } from './address-changes.js';
import { isBound, REFUSED_AFTER, type MailProof } from './password-resets.js';

const kind = 'verify';

/** The part of a mail that decides whether it still verifies an address. */
type Opened = Pick<AddressedMail, 'id' | 'user_id' | 'bound' | 'address'>;

/** Verifies an address by a mail's link or code: each is good once, for a day, and only for the account's state to which it is bound. */
@Injectable()
export class EmailVerifications {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'TOKEN_KEYS'>,
    private readonly accounts: Accounts,
    private readonly users: UserRows,
    private readonly mails: MailRows,
    private readonly changes: AddressChanges,
    private readonly work: UnitOfWork,
  ) {}

  /** Whether a link would work now; that its address was verified by somebody else meanwhile is told to nobody. */
  async isGood(token: string): Promise<boolean> {
    return this.work.run(async (tx) => {
      const mail = await this.byToken(tx, token);
      const user = mail && (await this.users.find(mail.user_id, tx));
      return user !== null && isBound(mail?.bound ?? null, user);
    });
  }

  /** @throws Problem 403 `token_used` or `code_wrong` */
  async verify(proof: MailProof, from: Origin): Promise<void> {
    const refused = 'token' in proof ? 'token_used' : 'code_wrong';
    const refusal = 'token' in proof ? null : sleep(REFUSED_AFTER);
    const byCode = 'token' in proof ? null : await this.byCode(proof.login, proof.code);
    try {
      await this.work.run(async (tx) => {
        const mail = 'token' in proof ? await this.byToken(tx, proof.token) : byCode;
        const user = mail && (await this.users.lock(tx, mail.user_id));
        if (!user || mail?.address == null || !isBound(mail.bound, user)) throw problem(refused);
        if (!(await this.mails.use(tx, mail.id))) throw problem(refused);
        if (!(await this.changes.take(tx, user, mail.address, from))) throw problem(refused);
      });
    } catch (error) {
      await refusal;
      throw error;
    }
  }

  private async byToken(tx: Tx, token: string): Promise<Opened | null> {
    const mailId = mailOfToken(this.config.TOKEN_KEYS, kind, token);
    const mail = mailId === null ? null : await this.mails.find(mailId, tx);
    if (!mail?.user_id || mail.used_at !== null || mail.expires_at.getTime() <= Date.now()) return null;
    return { ...mail, user_id: mail.user_id };
  }

  /** Several accounts may have named one address; the code says which it is. A guess counts for the mails of each. */
  private async byCode(login: string, code: string): Promise<Opened | null> {
    const name = nameOf(login);
    const { guesses: most, guessesPerDay: mostADay } = limits.verification;
    const open: Opened[] = [];
    for (const userId of await this.peopleOf(name))
      open.push(
        ...(await this.work.run(async (tx) => {
          await this.users.lock(tx, userId);
          return this.mails.guess(tx, userId, { kind, at: new Date(), most, mostADay });
        })),
      );
    const right = ({ id, address }: Opened) =>
      isMailCode(this.config.TOKEN_KEYS, kind, id, code) && (!name.includes('@') || address === name);
    return open.find(right) ?? null;
  }

  private async peopleOf(name: string): Promise<Id[]> {
    if (name.includes('\u0000')) return ['0'];
    if (name.includes('@')) return this.mails.verifying(name);
    return [(await this.accounts.byLogin(name))?.id ?? '0'];
  }
}
