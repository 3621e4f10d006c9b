import type { GivenFactor } from '@app/domain';
import { z } from 'zod';
import { countOf, factorFields } from '../factors/given-factor.js';
import { refuse, shown, time } from '../http/fields.js';
import { givenPassword } from '../users/users.schemas.js';

interface Given extends GivenFactor {
  password?: string | undefined;
  send?: 'email' | undefined;
}

const isOne = ({ password, send, ...given }: Given): boolean =>
  countOf(given) + Number(password !== undefined) + Number(send !== undefined) === 1;

export const proofRequest = z
  .strictObject({
    password: givenPassword.optional(),
    code: factorFields.code.meta({
      description:
        'The six digits that an authenticator app shows, or those of the mail where there is none.',
      example: '042137',
    }),
    credential: factorFields.credential,
    send: z
      .enum(['email'])
      .optional()
      .meta({ description: 'Has six digits mailed to the verified address.' }),
  })
  .superRefine(refuse(isOne, 'wrong_format', { expected: 'one of password, code, credential and send' }))
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
