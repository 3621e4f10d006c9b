import { createHmac, timingSafeEqual } from 'node:crypto';
import { isId, type Id } from './ids.js';
import type { MediaKey } from './media-urls.js';

/** The id as 8 bytes, and 128 bits that only the instance's keys make of it: guessing is in vain, and no code is stored. */
const ID = 8;
const MAC = 16;
export const INVITATION_CODE = ((ID + MAC) / 3) * 4;

function bytesOf(id: Id, { secret }: MediaKey): Buffer {
  const bytes = Buffer.alloc(ID);
  bytes.writeBigUInt64BE(BigInt(id));
  const mac = createHmac('sha256', secret).update(`invitation\n${id}`).digest().subarray(0, MAC);
  return Buffer.concat([bytes, mac]);
}

/** The code of an invitation, by the first key. */
export function invitationCode([key]: readonly MediaKey[], id: Id): string {
  if (!key) throw new Error('expected a token key but the keyring is empty');
  return bytesOf(id, key).toString('base64url');
}

/** The invitation of a code, by any of the keys; null for one that is altered or made up. */
export function invitationOfCode(keys: readonly MediaKey[], code: string): Id | null {
  const given = Buffer.from(code, 'base64url');
  if (given.length !== ID + MAC || given.toString('base64url') !== code) return null;
  const id = given.readBigUInt64BE().toString();
  return isId(id) && keys.some((key) => timingSafeEqual(bytesOf(id, key), given)) ? id : null;
}
