import { expect, test } from 'vitest';
import { inWords } from './words.js';

test.each([
  [0, '0 s'],
  [0.25, '250 ms'],
  [90, '90 s'],
  [120, '2 min'],
  [900, '15 min'],
  [7_140, '119 min'],
  [7_200, '2 h'],
  [86_400, '24 h'],
  [3 * 86_400, '3 days'],
])('%d seconds read %j', (value, text) => {
  expect(inWords(value, 'seconds')).toBe(text);
});
