import { expect, test } from 'vitest';
import { seal, unseal } from './sealing.js';

const [one, two] = ['1', '2'].map((digit) => ({ id: digit, secret: digit.repeat(64) })) as [
  { id: string; secret: string },
  { id: string; secret: string },
];

test('what is sealed is opened by the same keys, for the same purpose, until its key is gone', () => {
  const sealed = seal([one], 'a proof', 'über alles');
  expect(unseal([one], 'a proof', sealed)).toBe('über alles');
  expect(unseal([two, one], 'a proof', sealed)).toBe('über alles');
  expect(unseal([one], 'a secret', sealed)).toBeNull();
  expect(unseal([two], 'a proof', sealed)).toBeNull();
});

test('an altered one is nothing, and two of the same text differ', () => {
  const sealed = seal([one], 'a proof', 'text');
  expect(seal([one], 'a proof', 'text')).not.toBe(sealed);
  for (const index of [0, 15, 20, sealed.length - 1]) {
    const other = sealed[index] === 'A' ? 'B' : 'A';
    expect(
      unseal([one], 'a proof', `${sealed.slice(0, index)}${other}${sealed.slice(index + 1)}`),
    ).toBeNull();
  }
  for (const text of ['', 'x', `${sealed}=`, `${sealed}!`]) expect(unseal([one], 'a proof', text)).toBeNull();
});
