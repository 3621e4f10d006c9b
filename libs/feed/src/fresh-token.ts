import { randomBytes } from 'node:crypto';

const process = randomBytes(6).toString('base64url');
let count = 0;

/** A string that no process has used before or will use again: cheap, because every read of a feed sends one. */
export function freshToken(): string {
  count += 1;
  return process + count.toString(36);
}
