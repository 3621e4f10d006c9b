import { expect, test } from 'vitest';
import { passkeyMaking, passkeySignIn } from './passkeys.schemas.js';

const fields = { id: 'AA', rawId: 'AA', type: 'public-key', clientExtensionResults: {} };

test('what browsers make is taken whole, with fields that this release does not know', () => {
  const response = { clientDataJSON: 'e30', attestationObject: 'AA', transports: ['internal'], later: 1 };
  const credential = { ...fields, authenticatorAttachment: 'platform', response };
  expect(passkeyMaking.parse({ name: ' Phone ', credential })).toEqual({ name: 'Phone', credential });
  const used = { clientDataJSON: 'e30', authenticatorData: 'AA', signature: 'AA', userHandle: null };
  expect(passkeySignIn.safeParse({ credential: { ...fields, response: used } }).success).toBe(true);
});

test.each([{}, { ...fields }, { ...fields, type: 'password', response: {} }])(
  '%j is no answer',
  (credential) => {
    expect(passkeySignIn.safeParse({ credential }).success).toBe(false);
  },
);
