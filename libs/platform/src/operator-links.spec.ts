import { expect, test } from 'vitest';
import { opensByLink, signedQuery } from './operator-links.js';

const path = '/admin/health';
const keys = ['a', 'b'].map((letter, index) => ({ id: `k${index}`, secret: letter.repeat(64) }));
const now = Date.UTC(2026, 10, 29);
const minutes = 60_000;
const queryOf = (text: string) => Object.fromEntries(new URLSearchParams(text));

test('a link opens its page for ten minutes, also after the keys were rotated', () => {
  const query = queryOf(signedQuery(path, keys, now));
  const opens = [0, 9.9, 10, 60].map((later) => opensByLink(path, query, keys, now + later * minutes));
  expect(opens).toEqual([true, true, false, false]);
  expect(opensByLink(path, query, keys.toReversed(), now)).toBe(true);
  expect(opensByLink(path, query, keys.slice(1), now)).toBe(false);
});

test('a link opens no other page', () => {
  expect(opensByLink('/admin/users', queryOf(signedQuery(path, keys, now)), keys, now)).toBe(false);
});

test('a link that would be good for longer than ten minutes is none, whoever signed it', () => {
  expect(opensByLink(path, queryOf(signedQuery(path, keys, now + 60 * minutes)), keys, now)).toBe(false);
});

test.each([{}, { expires: ['1', '2'] }, { expires: '1', key: 'k0', signature: '' }, { key: '__proto__' }])(
  '%j opens nothing',
  (query) => expect(opensByLink(path, query, keys, now)).toBe(false),
);
