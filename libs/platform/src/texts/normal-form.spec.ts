import { expect, test } from 'vitest';
import { canonicalEmail } from './email.js';
import { fold } from './fold.js';
import { normalForm } from './normal-form.js';
import { madeToFit, storedForm } from './plain-text.js';

/** Marks that normalizing has to sort, one before each of the others. */
const unsorted = (count: number) => `a${'\u0301'.repeat(count / 2)}${'\u0316'.repeat(count / 2)}`;

test.each(['Cafe\u0301', 'Việt Nam', 'ที่นี่', 'שָׁלוֹם', `e${'\u0301'.repeat(30)}`])(
  '%s keeps its marks',
  (text) => {
    expect(normalForm(text, 'NFC')).toBe(text.normalize('NFC'));
    expect(normalForm(text, 'NFKC')).toBe(text.normalize('NFKC'));
  },
);

test('of a character with more marks than any language has, thirty are kept', () => {
  expect(normalForm(`${unsorted(1_000)}b`, 'NFC')).toBe(`a${'\u0301'.repeat(30)}b`.normalize('NFC'));
});

test.each([
  ['a text', storedForm],
  ['a text that is cut', (text: string) => madeToFit(text, 2_200).text],
  ['a name', fold],
  [
    'a name whose marks are joined when invisible characters are left out',
    (text: string) => fold(text.replace(/.{20}/gsu, '$&\u200d')),
  ],
  ['a name in halves of katakana', (text: string) => fold(text.replaceAll('\u0301', '\uff9e'))],
  ['an address', (text: string) => canonicalEmail(`${text}@example.org`)],
])('%s of a million marks holds up nobody', (_, form) => {
  // Normalized as it is, it takes an hour, and so would this test.
  expect(form(unsorted(1_000_000)).length).toBeLessThan(1_000_100);
});

test('a text that is cut is looked at no further than it may be kept', () => {
  expect(madeToFit('fog '.repeat(1_000_000), 7)).toEqual({ text: 'fog fog', isCut: true });
  expect(madeToFit(`${' '.repeat(100)}fog`, 7)).toEqual({ text: 'fog', isCut: false });
});
