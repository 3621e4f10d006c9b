import type { GivenFactor } from '@app/domain';
import type { FastifyRequest } from 'fastify';

/** The longest form: a token, and a password of 128 characters that take 12 bytes each, encoded. */
export const FORM = 4 * 1024;

export type Fields = Readonly<Record<string, string>>;

/** Of the form, or of the address; where a name repeats the last counts. */
export function fieldsOf({ method, body, url }: Pick<FastifyRequest, 'method' | 'body' | 'url'>): Fields {
  const query = (url.split('?')[1] ?? '').slice(0, FORM);
  const form = typeof body === 'string' ? body : '';
  return Object.fromEntries(new URLSearchParams(method === 'POST' ? form : query));
}

/**
 * Whether a form comes from a page of ours. Browsers send `Origin: null` from pages with `Referrer-Policy: no-referrer`, as ours are,
 * and then say by Sec-Fetch-Site whose page it was. Programs send neither.
 */
export function isOwnForm({ headers }: Pick<FastifyRequest, 'headers'>, publicUrl: string): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  const { origin } = headers;
  return origin === undefined || origin === 'null' || origin === new URL(publicUrl).origin;
}

/** Six digits are an app's code; anything else is a recovery code. */
export function factorOf(typed: string): GivenFactor | undefined {
  const text = typed.trim();
  if (text === '') return undefined;
  return /^[\d\s]{6,8}$/.test(text) ? { code: text } : { recoveryCode: text };
}
