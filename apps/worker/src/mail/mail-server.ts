import { chmod, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config, type Id } from '@app/platform';
import type { RenderedMail } from '@app/pages';
import { createTransport } from 'nodemailer';

/** In milliseconds; all of it is over before another worker takes the mail up (`MailRows.claim`). */
const patience = { connection: 10_000, greeting: 10_000, socket: 15_000, all: 45_000 };

export interface Letter extends RenderedMail {
  id: Id;
  to: string;
}

/** The folder of mails, where no server takes them. */
export const mailFolder = ({ SMTP_URL, MAIL_DIR }: Pick<Config, 'SMTP_URL' | 'MAIL_DIR'>): string | null =>
  SMTP_URL === undefined ? MAIL_DIR : null;

/** Hands mails to the server of SMTP_URL, or writes them into a folder as files that only this user may read. */
@Injectable()
export class MailServer {
  readonly folder: string | null;

  constructor(
    @Inject(CONFIG)
    private readonly config: Pick<
      Config,
      'SMTP_URL' | 'MAIL_DIR' | 'MAIL_FROM' | 'INSTANCE_NAME' | 'publicUrl'
    >,
  ) {
    this.folder = mailFolder(config);
  }

  /** @throws what the server said, or that it said nothing */
  async send(letter: Letter): Promise<void> {
    await (this.folder === null ? this.bySmtp(letter) : this.intoFolder(this.folder, letter));
  }

  /** Deletes files that are older. */
  async forgetBefore(time: Date): Promise<void> {
    // Made with the first mail.
    const names = this.folder === null ? [] : await readdir(this.folder).catch(() => []);
    // `.part`: of a worker that was killed over it. Another worker of this machine may delete the same ones.
    for (const name of names.filter((one) => /\.eml(\.part)?$/.test(one))) {
      const file = join(this.folder ?? '', name);
      // Gone already.
      const { mtime } = await stat(file).catch(() => ({ mtime: new Date() }));
      if (mtime < time) await rm(file, { force: true });
    }
  }

  private async bySmtp(letter: Letter): Promise<void> {
    const transport = createTransport({
      ...serverOf(this.config.SMTP_URL ?? ''),
      connectionTimeout: patience.connection,
      greetingTimeout: patience.greeting,
      socketTimeout: patience.socket,
    });
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error('the mail server is too slow')), patience.all);
    try {
      await Promise.race([transport.sendMail(this.message(letter)), late.promise]);
    } finally {
      clearTimeout(timer);
      transport.close();
    }
  }

  private async intoFolder(folder: string, letter: Letter): Promise<void> {
    const { message } = await createTransport({ streamTransport: true, buffer: true }).sendMail(
      this.message(letter),
    );
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // A mail that is sent again replaces itself.
    const file = join(folder, `${letter.id}.eml`);
    await writeFile(`${file}.part`, message as Buffer, { mode: 0o600 });
    await chmod(`${file}.part`, 0o600);
    await rename(`${file}.part`, file);
  }

  /** nodemailer encodes what headers may not hold, so that no name adds one. */
  private message({ id, to, subject, text, html }: Letter) {
    const { host } = this;
    return {
      from: this.config.MAIL_FROM ?? { name: this.config.INSTANCE_NAME, address: `narwhal@${host}` },
      to: { name: '', address: to },
      subject,
      text,
      html,
      // The same for every attempt: a receiver that got a mail twice shows it once.
      messageId: `<${id}@${host}>`,
      headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
      disableFileAccess: true,
      disableUrlAccess: true,
    };
  }

  private get host(): string {
    const { hostname } = new URL(this.config.publicUrl);
    return /^[\d.]+$|^\[/.test(hostname) ? `[${hostname.replaceAll(/[[\]]/g, '')}]` : hostname;
  }
}

/** No mail goes over a network without TLS: its link opens an account. A server on this machine often has a certificate that nobody signed. */
function serverOf(url: string) {
  const { protocol, hostname, port, username, password } = new URL(url);
  const secure = protocol === 'smtps:';
  const isHere = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
  const auth = username && { user: decodeURIComponent(username), pass: decodeURIComponent(password) };
  return {
    host: hostname.replaceAll(/[[\]]/g, ''),
    port: Number(port || (secure ? 465 : 587)),
    secure,
    requireTLS: !secure && !isHere,
    ignoreTLS: isHere,
    ...(auth ? { auth } : {}),
  };
}
