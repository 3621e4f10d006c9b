import { createHmac, timingSafeEqual } from 'node:crypto';
import { isId, type Id } from './ids.js';
import type { MediaKey } from './media-urls.js';

/**
 * The act that a mail permits its receiver, or the news that it brings. The secrets of its link and of its code are derived from the instance's keys and the
 * mail's row, so none is stored: a copy of the database opens no account.
 */
export type MailKind =
  | 'reset'
  | 'export'
  | 'verify'
  | 'proof'
  | 'reversal'
  | 'address_in_use'
  | 'approved'
  | 'refused'
  | 'undecided'
  | 'account_closed'
  | 'new_device'
  | 'credentials_changed'
  | 'factors_removal';

const mac = (text: string, { secret }: MediaKey): Buffer =>
  createHmac('sha256', secret).update(text).digest();

const linkOf = (kind: MailKind, id: Id, key: MediaKey): string =>
  mac(`mail link\n${kind}\n${id}`, key).toString('base64url');

/**
 * Eight digits, as uniform as 48 bits make them: with six, guesses at many accounts would open one of them. Those that verify an address
 * open nothing, and are few enough (`limits.verification`) for six, which people type on a phone; those of proofs are of use to a session of the account alone.
 */
function codeOf(kind: MailKind, id: Id, key: MediaKey): string {
  const digits = kind === 'verify' || kind === 'proof' ? 6 : 8;
  return String(mac(`mail code\n${id}`, key).readUIntBE(0, 6) % 10 ** digits).padStart(digits, '0');
}

function signing([key]: readonly MediaKey[]): MediaKey {
  if (!key) throw new Error('expected a token key but the keyring is empty');
  return key;
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The secret part of a mail's link, and the code for those who type: made by the first key. */
export const mailSecrets = (
  keys: readonly MediaKey[],
  kind: MailKind,
  id: Id,
): { token: string; code: string } => ({
  token: `${id}.${linkOf(kind, id, signing(keys))}`,
  code: codeOf(kind, id, signing(keys)),
});

/** The mail whose link this is, by any of the keys; null for one of another kind, altered or made up. */
export function mailOfToken(keys: readonly MediaKey[], kind: MailKind, token: string): Id | null {
  const [id = '', given = '', ...more] = token.split('.');
  if (!isId(id) || more.length > 0) return null;
  return keys.some((key) => isSame(linkOf(kind, id, key), given)) ? id : null;
}

export const isMailCode = (keys: readonly MediaKey[], kind: MailKind, id: Id, code: string): boolean =>
  keys.some((key) => isSame(codeOf(kind, id, key), code));
