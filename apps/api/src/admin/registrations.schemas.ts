import { limits } from '@app/platform';
import type { RegistrationRow, UserRow } from '@app/storage';
import { z } from 'zod';
import { listOf } from '../http/cursors.js';
import { id, shown, text, time } from '../http/fields.js';
import { nameFields } from '../users/users.schemas.js';

export const registration = z
  .object({
    id: id.meta({ description: 'The id that the account gets.' }),
    ...nameFields,
    email: shown(limits.user.email, 'The address that they gave.'),
    invitedBy: z
      .object({ id, username: nameFields.username })
      .nullable()
      .meta({ id: 'Inviter', description: 'Whose invitation they came by; null without one.' }),
    createdAt: time.meta({ description: 'When they signed up.' }),
  })
  .meta({ id: 'Registration', description: 'Somebody who signed up, and waits for an admin.' });

export const registrationList = listOf(registration, 'RegistrationList');

export const decision = z
  .strictObject({
    state: z.enum(['approved', 'refused']).meta({ description: 'What becomes of it.' }),
    reason: text({ max: limits.registration.reason, multiline: true })
      .nullable()
      .optional()
      .meta({ description: 'Why it is refused; it stands in the mail that says so.' }),
  })
  .meta({ id: 'RegistrationDecision', description: 'What an admin decides.' });

export const registrationOf = (
  row: RegistrationRow,
  inviters: ReadonlyMap<string, Pick<UserRow, 'id' | 'username'>>,
): z.input<typeof registration> => {
  const inviter = row.invited_by === null ? undefined : inviters.get(row.invited_by);
  return {
    id: row.id,
    username: row.username,
    displayName: row.display_name || null,
    email: row.email,
    invitedBy: inviter ? { id: inviter.id, username: inviter.username } : null,
    createdAt: row.created_at.toISOString(),
  };
};
