/** U+FF9E and U+FF9F become marks in NFKC. */
const tooManyMarks = /([\p{M}\uff9e\uff9f]{30})[\p{M}\uff9e\uff9f]+/gu;

/**
 * A normal form of a text of any length. Normalizing sorts the marks of a character, and takes the square of their number: 32,000,
 * which one request holds, stop a process for a second. No language has more than 30, Unicode's limit of texts that are normalized
 * as a stream (UAX #15, 13): those after them are left out.
 */
export const normalForm = (text: string, form: 'NFC' | 'NFKC'): string =>
  text.replace(tooManyMarks, '$1').normalize(form);
