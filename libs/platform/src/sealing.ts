import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import type { MediaKey } from './media-urls.js';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const cipher = 'aes-256-gcm';

/** A key of its own for each purpose: what was sealed for one is nothing for another. */
const keyFor = (purpose: string, { secret }: MediaKey): Buffer =>
  createHmac('sha256', secret).update(`sealed for ${purpose}`).digest();

/** Encrypts a text by the first key, so that clients or the database keep it for us and can neither read nor alter it. */
export function seal([key]: readonly MediaKey[], purpose: string, text: string): string {
  if (!key) throw new Error('expected a token key but the keyring is empty');
  const nonce = randomBytes(NONCE_BYTES);
  const sealing = createCipheriv(cipher, keyFor(purpose, key), nonce);
  const bytes = Buffer.concat([nonce, sealing.update(text, 'utf8'), sealing.final()]);
  return Buffer.concat([bytes, sealing.getAuthTag()]).toString('base64url');
}

/** The text, by any of the keys; null for one that was altered, made up, or sealed for another purpose. */
export function unseal(keys: readonly MediaKey[], purpose: string, sealed: string): string | null {
  const bytes = Buffer.from(sealed, 'base64url');
  if (bytes.length < NONCE_BYTES + TAG_BYTES || bytes.toString('base64url') !== sealed) return null;
  const content = bytes.subarray(NONCE_BYTES, -TAG_BYTES);
  for (const key of keys) {
    const opening = createDecipheriv(cipher, keyFor(purpose, key), bytes.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    opening.setAuthTag(bytes.subarray(-TAG_BYTES));
    try {
      return Buffer.concat([opening.update(content), opening.final()]).toString('utf8');
    } catch {
      // Of another key.
    }
  }
  return null;
}
