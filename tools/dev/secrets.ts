import { createHmac, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * A secret that is generated once and then kept in a file of mode 600. The exclusive write decides when two processes start
 * at the same moment: both return the one that was written.
 */
export function keptSecret(file: string, make: () => string = randomHex): string {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(file, `${make()}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readFileSync(file, 'utf8').trim();
}

export function randomHex(): string {
  return randomBytes(32).toString('hex');
}

/**
 * The password of api and worker at a server, from the operators' one. Derived, so that a replica knows it too, and so that it does not
 * lead to the operators'.
 */
export const applicationPassword = (password: string): string =>
  createHmac('sha256', password).update('narwhal').digest('hex');

/** A keyring of one key, in the format of TOKEN_KEYS and MEDIA_KEYS. `npm run keys -- rotate` adds another. */
export function newKeyring(): string {
  return `k1:${randomHex()}`;
}
