/** A 64-bit id as decimal text. Never a Number: neighbours above 2^53 become equal. */
export type Id = string;

/** 2026-01-01T00:00:00Z, in milliseconds: the zero of the ids' time. */
export const ID_EPOCH = 1_767_225_600_000n;
const SHARD_BITS = 13n;
const SEQUENCE_BITS = 10n;
const LARGEST = 9_223_372_036_854_775_807n;

/** Positive 64-bit decimals without sign, space or leading zero; nothing else is an id. */
export function isId(text: string): boolean {
  return /^[1-9]\d{0,18}$/.test(text) && BigInt(text) <= LARGEST;
}

/** The logical shard (0-8191) that holds the row of this id. */
export function shardOf(id: Id): number {
  return Number((BigInt(id) >> SEQUENCE_BITS) & ((1n << SHARD_BITS) - 1n));
}

/** When the id was made, in milliseconds since 1970. */
export function timeOf(id: Id): number {
  return Number((BigInt(id) >> (SHARD_BITS + SEQUENCE_BITS)) + ID_EPOCH);
}

/** The smallest id of an instant: all ids made earlier are smaller. Milliseconds since 1970. */
export function firstIdAt(milliseconds: number): Id {
  const since = BigInt(Math.floor(milliseconds)) - ID_EPOCH;
  return String((since > 0n ? since : 0n) << (SHARD_BITS + SEQUENCE_BITS));
}

/** Where something of an earlier instant stands among ids: negative before the zero of their time. `nth` orders those of one instant. */
export function placeAt(milliseconds: number, nth: number): string {
  const within = BigInt(nth) & ((1n << (SHARD_BITS + SEQUENCE_BITS)) - 1n);
  return String(((BigInt(milliseconds) - ID_EPOCH) << (SHARD_BITS + SEQUENCE_BITS)) | within);
}

/** Orders ids as the database does: by length, then as text. Negative when `a` is older. */
export function compareIds(a: Id, b: Id): number {
  if (a.length !== b.length) return a.length - b.length;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** The short code of a post in `/p/<code>`: its id as 8 bytes, big-endian, base64url without leading `A`s. */
export function codeOf(id: Id): string {
  const bytes = Buffer.alloc(9);
  bytes.writeBigUInt64BE(BigInt(id), 1);
  return bytes.toString('base64url').replace(/^A+/, '');
}

/** The id of a short code, or null for text that no id encodes to. */
export function idOfCode(code: string): Id | null {
  if (!/^[A-Za-z0-9_-]{1,11}$/.test(code)) return null;
  const bytes = Buffer.from(code.padStart(12, 'A'), 'base64url');
  const id = bytes.readBigUInt64BE(1).toString();
  return isId(id) && codeOf(id) === code ? id : null;
}
