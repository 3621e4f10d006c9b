import { expect, test } from 'vitest';
import { INVITATION_CODE, invitationCode, invitationOfCode } from './invitation-codes.js';

const [old, next] = ['1', '2'].map((digit) => ({ id: digit, secret: digit.repeat(64) })) as [never, never];

test('a code names its invitation, also after the keys were turned', () => {
  const code = invitationCode([old], '236402688000123904');
  expect(code).toMatch(/^[\w-]+$/);
  expect(code).toHaveLength(INVITATION_CODE);
  expect(invitationOfCode([next, old], code)).toBe('236402688000123904');
  expect(invitationOfCode([next], code)).toBeNull();
});

test('whatever else is sent names none', () => {
  const code = invitationCode([old], '236402688000123904');
  const altered = code.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'));
  for (const text of ['', 'x', `${code}=`, `${code}AAAA`, altered, ' '.repeat(32), '\u0000'.repeat(32)])
    expect(invitationOfCode([old], text)).toBeNull();
});
