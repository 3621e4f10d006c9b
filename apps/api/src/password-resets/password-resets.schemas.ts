import { z } from 'zod';
import type { MailProof } from '@app/domain';
import { secondFactor } from '../factors/given-factor.js';
import { refuse } from '../http/fields.js';
import { newPassword } from '../users/users.schemas.js';

const login = z.string().max(320).meta({ description: 'Username or email.' });

export const resetRequest = z
  .strictObject({ login })
  .meta({ id: 'PasswordResetRequest', description: 'Whose password was forgotten.' });

/** What a mail says: fields of a body. */
export const mailProof = {
  token: z.string().max(200).optional().meta({ description: 'Of the mail’s link: `?token=`.' }),
  login: login.optional().meta({ description: 'As it was given to ask for the mail; with `code`.' }),
  code: z
    .string()
    .max(20)
    .optional()
    .meta({ description: 'The eight digits of the mail; with `login`.', example: '04213786' }),
};

interface Given {
  token?: string | undefined;
  login?: string | undefined;
  code?: string | undefined;
}

export const isMailProof = refuse(
  ({ token, login: given, code }: Given) =>
    token === undefined
      ? given !== undefined && code !== undefined
      : given === undefined && code === undefined,
  'wrong_format',
  { expected: 'token, or login and code' },
);

/** Of fields that `isMailProof` found to be one. */
export const proofOf = ({ token, login: given = '', code = '' }: Given): MailProof =>
  token === undefined ? { login: given, code: code.replaceAll(/\s/g, '') } : { token };

/** Either of two proofs; one object, since clients in many languages generate no good types of a union. */
export const passwordReset = z
  .strictObject({ ...mailProof, password: newPassword, secondFactor: secondFactor.optional() })
  .superRefine(isMailProof)
  .meta({ id: 'PasswordReset', description: 'The new password, with `token`, or with `login` and `code`.' });
