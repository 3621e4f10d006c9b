import { createHash, randomBytes } from 'node:crypto';
import type { Id } from '@app/platform';

const COUNT = 10;
/** Crockford's: none of its letters looks like another or like a digit. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const LENGTH = 16;

/** 80 random bits, which nobody guesses and no dictionary has: a plain hash is enough. */
function makeCode(): string {
  const letters = [...randomBytes(LENGTH)].map((byte) => alphabet[byte & 31]).join('');
  return letters.replaceAll(/(.{4})(?=.)/g, '$1-');
}

export const makeRecoveryCodes = (): string[] => Array.from({ length: COUNT }, makeCode);

/** As typed by hand: with or without hyphens, in any case, o for 0 and l for 1. */
export function hashOfRecoveryCode(userId: Id, typed: string): Buffer {
  const code = typed.toLowerCase().replaceAll(/[\s-]/g, '').replaceAll('o', '0').replaceAll(/[il]/g, '1');
  return createHash('sha256').update(`recovery ${userId} ${code}`).digest();
}
