import { createHmac, timingSafeEqual } from 'node:crypto';
import type { MediaKey } from './media-urls.js';

/** How long a link opens its page, in seconds: enough to click it now, too short for a history or a chat tomorrow. */
export const linkValidFor = 600;

/** It covers the method and the path, so that no link opens another page; the prefix keeps other signed texts from being links. */
function signature(path: string, expires: string, { secret }: MediaKey): string {
  return createHmac('sha256', secret).update(`operator link\nGET ${path}\n${expires}`).digest('hex');
}

/** The query that lets a browser read one of the operators' pages for ten minutes. */
export function signedQuery(path: string, keys: readonly MediaKey[], now = Date.now()): string {
  const [key] = keys;
  if (!key) throw new Error('expected a token key but the keyring is empty');
  const expires = String(Math.floor(now / 1000) + linkValidFor);
  return `?expires=${expires}&key=${key.id}&signature=${signature(path, expires, key)}`;
}

/** Whether a query opens a page now: signed for exactly this path by a key of ours, and not expired. */
export function opensByLink(
  path: string,
  query: unknown,
  keys: readonly MediaKey[],
  now = Date.now(),
): boolean {
  const { expires, key: id, signature: given } = query as Record<string, unknown>;
  const key = keys.find((one) => one.id === id);
  if (!key || typeof expires !== 'string' || typeof given !== 'string' || !/^[1-9]\d{0,11}$/.test(expires))
    return false;
  const expected = Buffer.from(signature(path, expires, key));
  const received = Buffer.from(given);
  if (received.length !== expected.length || !timingSafeEqual(received, expected)) return false;
  const left = Number(expires) * 1000 - now;
  return left > 0 && left <= linkValidFor * 1000;
}

/** The bearer token for changes on the operators' listeners, derived from the instance's keys as the links are. */
export function operatorToken([key]: readonly MediaKey[]): string {
  if (!key) throw new Error('expected a token key but the keyring is empty');
  return createHmac('sha256', key.secret).update('operator token').digest('base64url');
}

/** Whether an Authorization header shows the token of a key of ours. */
export function isOperator(authorization: string | undefined, keys: readonly MediaKey[]): boolean {
  const received = Buffer.from(/^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? '');
  return keys.some((key) => {
    const expected = Buffer.from(operatorToken([key]));
    return received.length === expected.length && timingSafeEqual(received, expected);
  });
}
