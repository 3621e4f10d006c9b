import { randomBytes } from 'node:crypto';

const FOLDER = /^[0-9a-f]{2}\/[0-9a-f]{30}$/;
/** Matches FOLDER, also inside a day's trash. */
const ANY_FOLDER = /^(trash\/\d{4}-\d{2}-\d{2}\/)?[0-9a-f]{2}\/[0-9a-f]{30}$/;
const NAME = /^[a-z0-9]{1,24}(\.[a-z0-9]{1,8})?$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Thrown for text that this store never made: a bug in the program, since clients never name objects. */
export class ObjectKeyInvalid extends Error {
  override name = 'ObjectKeyInvalid';

  constructor(expected: string, received: string) {
    super(`expected ${expected} but received ${JSON.stringify(received.slice(0, 80))}`);
  }
}

function assertMatches(pattern: RegExp, text: string, expected: string): string {
  if (!pattern.test(text)) throw new ObjectKeyInvalid(expected, text);
  return text;
}

/**
 * A fresh folder, `ab/cdef…`: 128 random bits, so that nobody guesses one and no two collide. The first two digits fan
 * out over 256 folders, because a single folder of millions is slow to open in most file systems.
 */
export function newFolder(): string {
  const digits = randomBytes(16).toString('hex');
  return `${digits.slice(0, 2)}/${digits.slice(2)}`;
}

export const assertFolder = (folder: string): string => assertMatches(FOLDER, folder, 'a folder ab/cdef…');
export const assertName = (name: string): string =>
  assertMatches(NAME, name, 'an object name such as w320.webp');
export const assertDay = (day: string): string => assertMatches(DAY, day, 'a day yyyy-mm-dd');

/** Like `assertFolder`, but allows the trash, which moves between stores like all else. */
export const assertAnyFolder = (folder: string): string =>
  assertMatches(ANY_FOLDER, folder, 'a folder ab/cdef…, of the trash perhaps');

/** An object's key: folder and name, both checked, so that no key leaves the store's own folder. */
export function objectKey(folder: string, name: string): string {
  return `${assertAnyFolder(folder)}/${assertName(name)}`;
}

/** Splits a key into its parts. */
export function partsOfKey(key: string): { folder: string; name: string } {
  const cut = key.lastIndexOf('/');
  return { folder: assertAnyFolder(key.slice(0, Math.max(cut, 0))), name: assertName(key.slice(cut + 1)) };
}

export function assertKey(key: string): string {
  partsOfKey(key);
  return key;
}

/** The object of an attempt at an export: each has one of its own, so that two that do not know of each other never write the same. */
export const exportName = (attempt: number): string => `export${attempt}.zip`;

/** Every object that these attempts may have left. */
export const exportNames = (attempts: number): string[] =>
  Array.from({ length: attempts }, (_, index) => exportName(index + 1));

/** A day's trash folder, in UTC: objects deleted on one day are purged on one day. */
export function trashDay(time: Date): string {
  return time.toISOString().slice(0, 10);
}
