import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

/** A mail as a server received it: where it goes, and its text as it came. */
export interface Received {
  to: string[];
  source: string;
}

/** How the server takes mails; a test changes it while it runs. */
export type Manner = 'takes' | 'refuses' | 'hangs';

/** A real SMTP server of a test. */
export class MailReceiver {
  readonly received: Received[] = [];
  /** Mails that were offered, whatever became of them. */
  offered = 0;
  manner: Manner = 'takes';

  private readonly server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    closeTimeout: 100,
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        this.offered += 1;
        if (this.manner === 'hangs') return;
        if (this.manner === 'refuses') {
          const words = `no mailbox ${session.envelope.rcptTo.map(({ address }) => address).join(' ')} here`;
          done(Object.assign(new Error(words), { responseCode: 451 }));
          return;
        }
        const to = session.envelope.rcptTo.map(({ address }) => address);
        this.received.push({ to, source: Buffer.concat(chunks).toString('utf8') });
        done();
      });
    },
  });

  async start(): Promise<string> {
    const server = this.server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    await new Promise<void>((done) => this.server.close(() => done()));
  }
}

/** The text of a mail's quoted-printable part. */
export function textOf(source: string): string {
  const [, head = '', body = ''] =
    /(content-type: text\/plain[^]*?)\r?\n\r?\n([^]*?)\r?\n--/i.exec(source) ?? [];
  if (!/quoted-printable/i.test(head)) return body;
  const bytes = body
    .replaceAll(/=\r?\n/g, '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

export const codeIn = (source: string): string => /^ {4}(\d{6}|\d{8})$/m.exec(textOf(source))?.[1] ?? '';

/** The link and the code that a mail names. */
export function secretsOf(source: string): { link: string; token: string; code: string } {
  const text = textOf(source);
  const link = /https?:\S+token=\S+/.exec(text)?.[0] ?? '';
  return {
    link,
    token: new URL(link).searchParams.get('token') ?? '',
    code: codeIn(source),
  };
}
