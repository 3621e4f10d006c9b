import { randomBytes } from 'node:crypto';

const process = randomBytes(6).toString('base64url');
let count = 0;

/** A text that no process has used before and none will: cheap, because every read of a feed brings one. */
export function freshToken(): string {
  count += 1;
  return process + count.toString(36);
}
