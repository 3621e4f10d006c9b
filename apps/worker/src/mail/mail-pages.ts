import { readdir, readFile, stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { isOperator, opensByLink, type Config, type OperationsAnswer } from '@app/platform';
import { html, inlinePageHeaders, page, type Html } from '@app/pages';
import { readEml } from './eml.js';
import { mailFolder } from './mail-server.js';

/** Shown at once. */
const SHOWN = 100;
const path = '/mail';

type Settings = Pick<
  Config,
  'SMTP_URL' | 'MAIL_DIR' | 'TOKEN_KEYS' | 'WORKER_METRICS_ADDR' | 'INSTANCE_NAME'
>;

const plain = (status: number, body: string): OperationsAnswer => ({
  status,
  type: 'text/plain',
  body: `${body}\n`,
});

/** A page elsewhere whose name leads here (DNS rebinding) sends its own name. */
function isOurHost({ headers: { host = '' } }: IncomingMessage, own: string): boolean {
  const name = host.replace(/:\d+$/, '').replaceAll(/[[\]]/g, '');
  return name === 'localhost' || name === own || isIP(name) !== 0;
}

const linked = (text: string): Html[] =>
  text
    .split(/(https?:\/\/\S+)/)
    .map((part, index) =>
      index % 2 === 1 ? html`<a href="${part}" rel="noreferrer">${part}</a>` : html`${part}`,
    );

interface Found {
  name: string;
  at: Date;
}

async function newest(folder: string): Promise<Found[]> {
  // Made with the first mail.
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^\d+\.eml$/.test(name));
  const found = await Promise.all(
    // Deleted meanwhile by another worker: then it is the oldest.
    names.map(async (name) => ({
      name,
      at: (await stat(join(folder, name)).catch(() => ({ mtime: new Date(0) }))).mtime,
    })),
  );
  return found.toSorted((one, other) => other.at.getTime() - one.at.getTime()).slice(0, SHOWN);
}

async function listed(folder: string, query: URLSearchParams): Promise<Html> {
  const mails = await newest(folder);
  const lines = mails.map(async ({ name, at }) => {
    // Deleted meanwhile: shown without words.
    const { to, subject } = readEml(await readFile(join(folder, name), 'utf8').catch(() => ''));
    const link = new URLSearchParams(query);
    link.set('file', name);
    return html`<p>
      <a href="${path}?${link.toString()}">${subject}</a><br /><span class="hint"
        >${to}, ${at.toISOString().slice(0, 19).replace('T', ' ')} UTC</span
      >
    </p> `;
  });
  return mails.length === 0
    ? html`<p>No mail was written within the last week.</p>`
    : html`${await Promise.all(lines)}`;
}

async function shown(folder: string, name: string): Promise<{ title: string; body: Html } | null> {
  if (!/^\d+\.eml$/.test(name)) return null;
  // Deleted since the list was shown.
  const file = await readFile(join(folder, name), 'utf8').catch(() => null);
  if (file === null) return null;
  const { subject, to, text } = readEml(file);
  return {
    title: subject,
    body: html`<p class="hint">${to}</p>
      <pre>${linked(text)}</pre>`,
  };
}

/**
 * `/mail` of a worker's listener: the mails that no server takes, newest first, and the text of each. Links in them open accounts, so
 * reaching this listener is not enough.
 */
export function mailPages(
  settings: Settings,
): Record<string, (request: IncomingMessage) => Promise<OperationsAnswer>> {
  const { TOKEN_KEYS: keys, WORKER_METRICS_ADDR: own, INSTANCE_NAME: instance } = settings;
  const answer = async (request: IncomingMessage): Promise<OperationsAnswer> => {
    const query = new URL(request.url ?? '', 'http://operations').searchParams;
    if (!isOurHost(request, own.host))
      return plain(403, 'expected a Host header with an address, or localhost');
    if (
      !isOperator(request.headers.authorization, keys) &&
      !opensByLink(path, Object.fromEntries(query), keys)
    )
      return plain(
        401,
        'expected the link that `narwhal admin mail-link` prints (`npm run admin -- mail-link`)',
      );
    const folder = mailFolder(settings);
    if (folder === null) return plain(404, 'mails go to a server (SMTP_URL), none is kept here');
    const name = query.get('file');
    const found =
      name === null ? { title: 'Mails', body: await listed(folder, query) } : await shown(folder, name);
    if (!found) return plain(404, 'there is no such mail');
    const body = page({ language: 'en', instance, inline: true, ...found });
    return { status: 200, type: 'text/html; charset=utf-8', body, headers: { ...inlinePageHeaders } };
  };
  return { [path]: answer };
}
