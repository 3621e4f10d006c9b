import { createHash } from 'node:crypto';
import { normalForm } from './normal-form.js';

/** Joiners, variation selectors, soft hyphens: they change how a word is drawn, not which word it is. */
const unseen = /\p{Default_Ignorable_Code_Point}/gu;

/**
 * The one case folding of names and tags: two spellings are the same word when their folds are equal. It follows Unicode's
 * NFKC_Casefold (width, ligatures, case, invisible characters) as closely as JavaScript can without tables: upper case first,
 * so that ß becomes ss and ſ becomes s. It differs in one point: dotless ı and dotted İ are folded with i, since keyboards of
 * other languages write all of them I in upper case. Marks and accents stay: they tell words apart, and search has its own
 * wider matching.
 */
export function fold(text: string): string {
  const plain = normalForm(text, 'NFKC').replace(unseen, '');
  // İ in lower case is an i with a dot above it, which is an i.
  const lower = plain.toUpperCase().toLowerCase().replaceAll('i\u0307', 'i');
  const folded = normalForm(lower.replaceAll('ς', 'σ'), 'NFKC');
  // Folding may produce text that NFKC composes again; a second round changes nothing more.
  return folded === text ? folded : fold(folded);
}

/** The fold of a place's name: any run of spaces becomes one space. */
export function foldPhrase(text: string): string {
  return fold(text)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
}

/** The logical shard (0-8191) of a row that is named by a text and has no owner. Stored: it may never change. */
export function shardOfText(folded: string): number {
  return createHash('sha256').update(folded).digest().readUInt16BE(0) >> 3;
}
