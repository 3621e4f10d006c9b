import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { admin } from './admin-command.js';
import { textOf } from './mail-server.js';
import type { Stack } from './stack.js';

/** The text of somebody's newest mail of a kind, which a stack without a mail server has in a file. */
export async function mailTo(stack: Stack, userId: string, kind: string): Promise<string> {
  await stack.quiet();
  const [mail] = await stack.database.query<{ id: string }>(
    'SELECT id FROM mails WHERE user_id = $1 AND kind = $2 ORDER BY id DESC LIMIT 1',
    [userId, kind],
  );
  return textOf(await readFile(join(stack.mails, `${mail?.id}.eml`), 'utf8'));
}

/** The operators' page of mails: the command knows the worker's usual port, a stack has its own. */
export async function mailsOf(stack: Stack): Promise<string> {
  const { pathname, search } = new URL(await admin(stack, 'mail-link'));
  return `${stack.metricsUrl.replace(/\/metrics$/, '')}${pathname}${search}`;
}
