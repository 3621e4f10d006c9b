import type { GivenFactor } from '@app/domain';
import { z } from 'zod';
import { countOf, factorFields } from '../factors/given-factor.js';
import { refuse, shown, time } from '../http/fields.js';
import { givenPassword } from '../users/users.schemas.js';

interface Given extends GivenFactor {
  password?: string | undefined;
}

const isOne = ({ password, ...given }: Given): boolean => countOf(given) === (password === undefined ? 1 : 0);

export const proofRequest = z
  .strictObject({
    password: givenPassword.optional(),
    code: factorFields.code,
    credential: factorFields.credential,
  })
  .superRefine(refuse(isOne, 'wrong_format', { expected: 'one of password, code and credential' }))
  .meta({ id: 'ProofRequest', description: 'What shows that the account’s owner is at the device.' });

export const proof = z
  .object({
    proof: shown(1_000, 'Sent as `Narwhal-Proof` with dangerous changes, by the session that asked for it.'),
    expiresAt: time.meta({
      description: 'Until when it holds, unless the password or the address changes before.',
    }),
  })
  .meta({ id: 'Proof', description: 'A fresh proof of who is at the device.' });
