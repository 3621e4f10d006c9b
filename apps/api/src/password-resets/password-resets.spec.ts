import { expect, test } from 'vitest';
import { passwordReset } from './password-resets.schemas.js';

const password = 'correct horse battery staple';
const isTaken = (proof: object) => passwordReset.safeParse({ ...proof, password }).success;

test.each([{ token: '1.a' }, { login: 'ada', code: '042137' }])('%j is a proof', (proof) => {
  expect(isTaken(proof)).toBe(true);
});

test.each([
  {},
  { login: 'ada' },
  { code: '042137' },
  { token: '1.a', code: '042137' },
  { token: '1.a', login: 'ada', code: '042137' },
])('%j is none', (proof) => {
  expect(isTaken(proof)).toBe(false);
});
