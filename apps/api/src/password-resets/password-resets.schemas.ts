import { z } from 'zod';
import { secondFactor } from '../factors/given-factor.js';
import { refuse } from '../http/fields.js';
import { newPassword } from '../users/users.schemas.js';

const login = z.string().max(320).meta({ description: 'Username or email.' });

export const resetRequest = z
  .strictObject({ login })
  .meta({ id: 'PasswordResetRequest', description: 'Whose password was forgotten.' });

/** Either of two proofs; one object, since clients in many languages generate no good types of a union. */
export const passwordReset = z
  .strictObject({
    token: z.string().max(200).optional().meta({ description: 'Of the mail’s link: `?token=`.' }),
    login: login.optional().meta({ description: 'As it was given to ask for the mail; with `code`.' }),
    code: z
      .string()
      .max(20)
      .optional()
      .meta({ description: 'The eight digits of the mail; with `login`.', example: '04213786' }),
    password: newPassword,
    secondFactor: secondFactor.optional(),
  })
  .superRefine(
    refuse(
      ({ token, login: given, code }: Proof) =>
        token === undefined
          ? given !== undefined && code !== undefined
          : given === undefined && code === undefined,
      'wrong_format',
      { expected: 'token, or login and code' },
    ),
  )
  .meta({ id: 'PasswordReset', description: 'The new password, with `token`, or with `login` and `code`.' });

interface Proof {
  token?: string | undefined;
  login?: string | undefined;
  code?: string | undefined;
}
