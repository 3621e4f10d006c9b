import { Inject, Injectable } from '@nestjs/common';
import {
  CONFIG,
  counter,
  limits,
  LOGGER,
  mailSecrets,
  type Config,
  type Id,
  type Logger,
  type MailKind,
} from '@app/platform';
import { renderMail } from '@app/pages';
import { MailRows, mayReturn, UserRows, type AddressedMail } from '@app/storage';
import { MailChecks } from './mail-checks.js';
import { MailServer } from './mail-server.js';

/** Where each kind's link leads. */
const links: Record<MailKind, (token: string) => string> = {
  reset: (token) => `/account/reset?token=${token}`,
  verify: (token) => `/account/verify?token=${token}`,
  reversal: (token) => `/account/reversal?token=${token}`,
  proof: () => '',
  export: (token) => `/account/export?token=${token}`,
  address_in_use: () => '/account/forgot',
  approved: () => '',
  refused: () => '',
  undecided: () => '',
  account_closed: () => '/account/forgot',
  new_device: () => '/account/forgot',
  credentials_changed: () => '/account/forgot',
  factors_removal: (token) => `/account/factors?token=${token}`,
};
/** A slow server takes up to 45 seconds; other effects have the rest of the worker's eight turns. */
const AT_ONCE = 3;

/** Sends mails. A mail that could not be sent is tried again with growing pauses, and given up when its link has expired. */
@Injectable()
export class Mails {
  private sending = 0;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly rows: MailRows,
    private readonly users: UserRows,
    private readonly server: MailServer,
    private readonly checks: MailChecks,
  ) {}

  /** Finds out whose a mail is; sends one whose receiver is known, if it is due. */
  async carryOut(id: Id): Promise<void> {
    const mail = await this.rows.find(id);
    if (!mail) return;
    if (mail.user_id === null) return this.checks.address(mail);
    // The sweep finds it again: a server that takes its time holds up no other later work.
    if (this.server.folder === null && this.sending >= AT_ONCE) return;
    const due = await this.rows.claim(id);
    if (due) await this.sendCounted(due);
    else if (await this.rows.giveUp(id, limits.mail.triedFor)) counted('given_up');
  }

  private async sendCounted(mail: AddressedMail): Promise<void> {
    this.sending += 1;
    await this.send(mail).finally(() => (this.sending -= 1));
  }

  private async send(mail: AddressedMail): Promise<void> {
    const { id, kind, locale, address, note } = mail;
    const username = await this.receiver(mail);
    if (username === null || address === null) return;
    if (!(await this.checks.isWanted(mail))) return;
    const { token, code } = mailSecrets(this.config.TOKEN_KEYS, kind, id);
    const { publicUrl, INSTANCE_NAME: instance } = this.config;
    const link = `${publicUrl}${links[kind](token)}`;
    const minutes = Math.max(1, Math.floor((mail.expires_at.getTime() - Date.now()) / 60_000));
    const rendered = renderMail(kind, locale, { instance, username, link, code, minutes, note });
    try {
      await this.server.send({ ...rendered, id, to: address });
    } catch (error) {
      await this.failed(mail, error as MailFault);
      return;
    }
    await this.rows.sent(id);
    counted('sent');
  }

  /** Null for an account that was erased since, which deletes the row. Of a sign-up that was refused, or expired, nothing is left but the mail. */
  private async receiver({ kind, user_id }: AddressedMail): Promise<string | null> {
    if (kind === 'refused' || kind === 'undecided') return '';
    const user = await this.users.find(user_id);
    return user && mayReturn(user) ? user.username : null;
  }

  /** The row has the server's words, the log only their codes: they may quote the address. */
  private async failed({ id, attempts }: AddressedMail, error: MailFault): Promise<void> {
    counted('failed');
    const { code, responseCode } = error;
    // The server will never take this address: a wrong one that somebody signed up with wakes no operator.
    const forGood = code === 'EENVELOPE' && (responseCode === undefined || responseCode >= 500);
    this.logger.warn(
      { mailId: id, attempts, code, responseCode, forGood },
      'a mail could not be sent; unless for good, it is tried again',
    );
    await this.rows.failed(id, error.message, forGood);
    if (forGood) counted('given_up');
  }
}

interface MailFault extends Error {
  code?: string;
  responseCode?: number;
}

const counted = (outcome: 'sent' | 'failed' | 'given_up'): void =>
  counter('narwhal_mails_total').inc({ outcome });
