import { expect, test } from 'vitest';
import { signIn } from '../sessions/sessions.schemas.js';
import { secondFactor } from './given-factor.js';

const password = 'correct horse battery staple';

test.each([{ code: '042137' }, { recoveryCode: 'x7kp-20qd-m4hw-9ztc' }])(
  '%j is one second factor',
  (given) => {
    expect(secondFactor.safeParse(given).success).toBe(true);
    expect(signIn.safeParse({ challenge: 'x', ...given }).success).toBe(true);
    expect(signIn.safeParse({ login: 'ada', password, ...given }).success).toBe(false);
  },
);

test.each([{}, { code: '042137', recoveryCode: 'x' }, { password }])('%j is none', (given) => {
  expect(secondFactor.safeParse(given).success).toBe(false);
  expect(signIn.safeParse({ challenge: 'x', ...given }).success).toBe(false);
});
