import { z } from 'zod';
import { isMailProof, mailProof } from '../password-resets/password-resets.schemas.js';
import { email } from '../users/users.schemas.js';

/** Either of two proofs; one object, since clients in many languages generate no good types of a union. */
export const verification = z
  .strictObject({
    ...mailProof,
    code: mailProof.code.meta({
      description: 'The six digits of the mail; with `login`.',
      example: '042137',
    }),
  })
  .superRefine(isMailProof)
  .meta({ id: 'EmailVerification', description: 'What a mail says: `token`, or `login` and `code`.' });

export const emailChange = z
  .strictObject({ email })
  .meta({ id: 'EmailChange', description: 'The address that replaces one’s present one.' });

export const reversal = z
  .strictObject({
    token: z.string().max(200).meta({ description: 'Of the mail’s link: `?token=`.' }),
  })
  .meta({ id: 'EmailReversal', description: 'The change of address that is taken back.' });
