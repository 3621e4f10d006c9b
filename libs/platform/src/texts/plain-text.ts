import { withOwnDirection } from './directions.js';
import { normalForm } from './normal-form.js';

/** Control characters except line feed, return and tab; lone surrogates; noncharacters. */
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
export const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff\p{Cs}]/u;

/**
 * A visible character: no space, no mark without a letter, no zero-width character. An unassigned code point counts, since
 * it may be next year's emoji.
 */
const visible = /[^\s\p{Cc}\p{Cf}\p{Cs}\p{M}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** The stored form of a text. One without a visible character becomes empty, so that nobody has an invisible name. */
export function storedForm(given: string): string {
  const text = withOwnDirection(normalForm(given, 'NFC').replace(/\r\n?/g, '\n')).trim();
  return visible.test(text) ? text : '';
}

/** UTF-16 units that are looked at for each code point that may be kept: four may become one, and a few are left out. */
const LOOKED_AT = 16;

/** The stored form of a text that nobody can be asked to mend: without forbidden characters, and cut at `max` code points. */
export function madeToFit(given: string, max: number): { text: string; isCut: boolean } {
  const begin = given.trimStart().slice(0, LOOKED_AT * max);
  const whole = [...storedForm(begin.replace(new RegExp(forbidden, 'gu'), ''))];
  const isCut = whole.length > max || given.trim().length > begin.length;
  return { text: storedForm(whole.slice(0, max).join('')), isCut };
}
