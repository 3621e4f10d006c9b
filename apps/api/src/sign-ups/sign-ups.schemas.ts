import { z } from 'zod';
import { refuse } from '../http/fields.js';
import { email, locale, me, names, newPassword } from '../users/users.schemas.js';

const birthDate = z
  .string()
  .superRefine(refuse(isBirthDate, 'wrong_format', { expected: 'YYYY-MM-DD, a day that has been' }))
  .meta({
    description: 'Where `requires.minimumAge` of GET /v1/instance is not 0. Not stored.',
    format: 'date',
    maxLength: 10,
    example: '1990-05-17',
  });

/** A day of the calendar, not after today anywhere on earth. */
function isBirthDate(value: string): boolean {
  const time = /^\d{4}-\d\d-\d\d$/.test(value) ? Date.parse(`${value}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== value) return false;
  return time >= Date.UTC(1880, 0, 1) && time <= Date.now() + 14 * 60 * 60 * 1_000;
}

export const signUp = z
  .strictObject({
    username: names.username,
    email,
    password: newPassword
      .optional()
      .meta({ description: 'May be left out with `signUp`, whose identity then is the way in.' }),
    displayName: names.displayName,
    inviteCode: z
      .string()
      .max(200)
      .optional()
      .meta({ description: 'Of an invitation, where `registrations` of GET /v1/instance is `invite`.' }),
    acceptedTerms: z.string().max(40).optional().meta({
      description:
        'The version that was shown and accepted, where `requires.terms` of GET /v1/instance is set.',
    }),
    birthDate: birthDate.optional(),
    locale: locale.optional(),
    signUp: z.string().max(2_000).optional().meta({
      description:
        'Of POST /v1/sessions/identity: links the identity to the account. An `email` that its provider has verified needs no mail.',
    }),
  })
  .refine(({ password, signUp }) => password !== undefined || signUp !== undefined, {
    path: ['password'],
    params: { code: 'required', params: {} },
    // Told together with the faults of other fields.
    when: ({ value }) => typeof value === 'object' && value !== null && !Array.isArray(value),
  })
  .meta({ id: 'SignUp', description: 'An account to be made.' });

export const waiting = z
  .object({ user: me })
  .meta({ id: 'Waiting', description: 'Who signed up, and waits until an admin lets them in.' });
