import { expect, test } from 'vitest';
import { usernameOf } from './suggested-names.js';

test.each([
  ['Ada Lovelace', 'ada.lovelace'],
  ['  Zoë  Müller-Lüdenscheidt ', 'zoe.muller.ludenscheidt'],
  ['ada_99', 'ada_99'],
  ['...', ''],
  ['山田太郎', ''],
  ['山田 taro', 'taro'],
  ['a'.repeat(24) + ' bcd', 'a'.repeat(24)],
  ['x'.repeat(60), 'x'.repeat(25)],
])('of %j comes %j', (text, username) => {
  expect(usernameOf(text)).toBe(username);
});
