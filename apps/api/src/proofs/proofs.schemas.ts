import type { GivenFactor } from '@app/domain';
import { z } from 'zod';
import { countOf, factorFields } from '../factors/given-factor.js';
import { refuse, shown, time } from '../http/fields.js';
import { identityFields, provider } from '../identities/identities.schemas.js';
import { givenPassword } from '../users/users.schemas.js';

interface Given extends GivenFactor {
  password?: string | undefined;
  send?: 'email' | undefined;
  provider?: string | undefined;
  idToken?: string | undefined;
  nonce?: string | undefined;
}

const isOne = ({ provider, idToken, nonce, password, send, ...factor }: Given): boolean => {
  const ofIdentity = [provider, idToken, nonce].filter((one) => one !== undefined).length;
  const others = [password, send].filter((one) => one !== undefined).length + countOf(factor);
  return ofIdentity === 0 ? others === 1 : ofIdentity === 3 && others === 0;
};

export const proofRequest = z
  .strictObject({
    password: givenPassword.optional(),
    code: factorFields.code.meta({
      description:
        'The six digits that an authenticator app shows, or those of the mail where there is none.',
      example: '042137',
    }),
    credential: factorFields.credential,
    provider: provider.optional(),
    idToken: identityFields.idToken,
    nonce: identityFields.nonce,
    send: z
      .enum(['email'])
      .optional()
      .meta({ description: 'Has six digits mailed to the verified address.' }),
  })
  .superRefine(
    refuse(isOne, 'wrong_format', {
      expected: 'one of password, code, credential and send, or provider, idToken and nonce',
    }),
  )
  .meta({
    id: 'ProofRequest',
    description: 'What shows that the account’s owner is at the device, or where to send a code that does.',
  });

export const proof = z
  .object({
    proof: shown(1_000, 'Sent as `Narwhal-Proof` with dangerous changes, by the session that asked for it.'),
    expiresAt: time.meta({
      description: 'Until when it holds, unless the password or the address changes before.',
    }),
  })
  .meta({ id: 'Proof', description: 'A fresh proof of who is at the device.' });
