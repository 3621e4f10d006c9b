import { createHash, timingSafeEqual } from 'node:crypto';
import { limits } from './limits.js';

export interface MediaKey {
  id: string;
  secret: string;
}

/** The query of a media URL: expiry in seconds since 1970, key id, signature. */
export interface MediaQuery {
  e?: string | undefined;
  k?: string | undefined;
  s?: string | undefined;
}

const DAY = limits.media.validFor;

/**
 * The second at which a folder's URL next changes: once a day, at a different time for each folder, so that clients' caches do
 * not all miss at midnight.
 */
export function mediaBoundary(folder: string, now: number): number {
  const offset = createHash('md5').update(folder).digest().readUInt32BE() % DAY;
  return Math.floor((now / 1000 - offset) / DAY) * DAY + offset + DAY;
}

/** NGINX's `secure_link_md5 "$folder $arg_e $arg_k <secret>"`; the secret is last, so that nothing can be appended. */
function signature(folder: string, expiry: string, key: MediaKey): string {
  return createHash('md5').update(`${folder} ${expiry} ${key.id} ${key.secret}`).digest('base64url');
}

/**
 * Signs and checks media URLs: the rule that the api and NGINX share. One signature covers a photo's folder, so that all
 * renditions have the same query; the path never changes, so clients cache by path.
 */
export class MediaUrls {
  constructor(
    private readonly mediaUrl: string,
    private readonly keys: readonly MediaKey[],
  ) {}

  /** `?e=…&k=…&s=…` for every file of a folder: the same until the folder's boundary, valid for a day beyond it. */
  query(folder: string, now = Date.now()): string {
    return this.signed(folder, String(mediaBoundary(folder, now) + DAY));
  }

  /** The same of anything else, valid until an instant in milliseconds since 1970. */
  queryUntil(subject: string, instant: number): string {
    return this.signed(subject, String(Math.floor(instant / 1000)));
  }

  private signed(subject: string, expiry: string): string {
    const [key] = this.keys;
    if (!key) throw new Error('expected a media key but the keyring is empty');
    return `?e=${expiry}&k=${key.id}&s=${signature(subject, expiry, key)}`;
  }

  url(folder: string, file: string, now = Date.now()): string {
    return `${this.mediaUrl}/media/${folder}/${file}${this.query(folder, now)}`;
  }

  /**
   * Whether a query grants access to a folder. The signature is compared as text: base64 leaves four bits of its last character
   * unused, and NGINX's own comparison ignores them, so both sides also require the canonical character.
   */
  check(
    folder: string,
    { e = '', k = '', s = '' }: MediaQuery,
    now = Date.now(),
  ): 'valid' | 'expired' | 'invalid' {
    const key = this.keys.find(({ id }) => id === k);
    if (!key || !/^[1-9]\d{0,11}$/.test(e)) return 'invalid';
    const expected = Buffer.from(signature(folder, e, key));
    const given = Buffer.from(s);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return 'invalid';
    return Number(e) * 1000 > now ? 'valid' : 'expired';
  }
}
