import { expect, test } from 'vitest';
import { isMailCode, mailOfToken, mailSecrets } from './mail-secrets.js';

const [old, next] = [
  { id: 'a', secret: '1'.repeat(64) },
  { id: 'b', secret: '2'.repeat(64) },
];
const id = '236402688000123904';
const { token, code } = mailSecrets([old], 'reset', id);

test('a link and a code are of one mail, by any key of the ring', () => {
  expect(mailOfToken([old], 'reset', token)).toBe(id);
  expect(mailOfToken([next, old], 'reset', token)).toBe(id);
  expect(isMailCode([next, old], 'reset', id, code)).toBe(true);
  expect(code).toMatch(/^\d{8}$/);
  expect(mailSecrets([old], 'verify', id).code).toMatch(/^\d{6}$/);
  expect(mailSecrets([next, old], 'reset', id).token).not.toBe(token);
});

test.each([
  token.replace(id, '236402688000123905'),
  `${token}.x`,
  `${token}x`,
  token.toLowerCase(),
  `${id}.`,
  id,
  '',
  '.',
  `0${token}`,
])('%j is no link', (altered) => {
  expect(mailOfToken([old], 'reset', altered)).toBeNull();
});

test('neither is good by another key, and a code of no other mail', () => {
  expect(mailOfToken([next], 'reset', token)).toBeNull();
  expect(isMailCode([next], 'reset', id, code)).toBe(false);
  expect(isMailCode([old], 'reset', '1', code)).toBe(false);
});
