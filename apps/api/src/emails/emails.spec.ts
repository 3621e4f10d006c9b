import { expect, test } from 'vitest';
import { locale } from '../users/users.schemas.js';
import { emailChange, verification } from './emails.schemas.js';

test.each([{ token: '1.a' }, { login: 'ada', code: '042 137' }])('%j is a proof', (proof) => {
  expect(verification.safeParse(proof).success).toBe(true);
});

test.each([{}, { login: 'ada' }, { code: '042137' }, { token: '1.a', login: 'ada', code: '042137' }])(
  '%j is none',
  (proof) => {
    expect(verification.safeParse(proof).success).toBe(false);
  },
);

test.each([
  'ada@example.org\r\nBcc: eve@example.org',
  'ada@example.org, eve@example.org',
  'Ada <ada@example.org>',
  'ada\u202e@example.org',
  'ada@example.org\u0000',
])('%j is no address: it would be another header or another receiver', (email) => {
  expect(emailChange.safeParse({ email }).success).toBe(false);
});

test.each([
  ['de-at', 'de-AT'],
  ['EN', 'en'],
  ['zh-hant-tw', 'zh-Hant-TW'],
])('the language %s is kept as %s', (given, kept) => {
  expect(locale.parse(given)).toBe(kept);
});

test.each(['', 'german!', 'd', 'x'.repeat(36), 'de_AT', 'de\r\nBcc: eve'])('%j is no language', (given) => {
  expect(locale.safeParse(given).success).toBe(false);
});
