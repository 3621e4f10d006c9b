import type { GivenFactor } from '@app/domain';
import { z } from 'zod';
import { refuse } from '../http/fields.js';
import { usedCredential } from '../passkeys/passkeys.schemas.js';

/** The fields of a second factor, of which one is sent. */
export const factorFields = {
  code: z
    .string()
    .max(20)
    .optional()
    .meta({ description: 'The six digits that an authenticator app shows.', example: '042137' }),
  recoveryCode: z
    .string()
    .max(50)
    .optional()
    .meta({ description: 'One of the recovery codes; each works once.', example: 'x7kp-20qd-m4hw-9ztc' }),
  credential: usedCredential.optional(),
};

/** How many factors were sent. */
export const countOf = ({ code, recoveryCode, credential }: GivenFactor): number =>
  [code, recoveryCode, credential].filter((one) => one !== undefined).length;

export const secondFactor = z
  .strictObject(factorFields)
  .superRefine(refuse((given) => countOf(given) === 1, 'wrong_format', { expected: 'one second factor' }))
  .meta({ id: 'SecondFactor', description: 'One of these, where the account has a second factor.' });
