import { expect, test } from 'vitest';
import { signUp } from './sign-ups.schemas.js';

const codesOf = (birthDate: unknown): string[] => {
  const given = { username: 'ada', email: 'ada@example.org', password: 'a long enough password', birthDate };
  return (signUp.safeParse(given).error?.issues ?? []).map(({ message }) => message);
};
const day = (daysFromNow: number): string =>
  new Date(Date.now() + daysFromNow * 86_400_000).toISOString().slice(0, 10);

test.each([undefined, '2000-02-29', '1990-05-17', day(0)])('%s is a birth date, or none', (birthDate) => {
  expect(codesOf(birthDate)).toEqual([]);
});

test.each([
  '',
  '1990',
  '17.05.1990',
  '1990-5-17',
  '2001-02-29',
  '1990-13-01',
  '1066-10-14',
  '1990-05-17T00:00',
  day(3),
])('%j is no birth date', (birthDate) => {
  expect(codesOf(birthDate)).toEqual(['wrong_format']);
});
