import type { GivenFactor } from '@app/domain';
import type { SessionRow } from '@app/storage';
import { z } from 'zod';
import type { Caller } from '../http/call.js';
import { listOf } from '../http/cursors.js';
import { countOf, factorFields } from '../factors/given-factor.js';
import { flag, id, refuse, shown, time } from '../http/fields.js';
import { givenPassword, me } from '../users/users.schemas.js';
import { deviceOf } from './devices.js';

interface Half extends GivenFactor {
  login?: string | undefined;
  password?: string | undefined;
  challenge?: string | undefined;
}

const isOneHalf = ({ login, password, challenge, ...given }: Half): boolean =>
  challenge === undefined
    ? login !== undefined && password !== undefined && countOf(given) === 0
    : login === undefined && password === undefined && countOf(given) === 1;

export const session = z
  .object({
    id,
    accessToken: shown(1_000, 'Sent as `Authorization: Bearer <accessToken>`.'),
    refreshToken: shown(200, 'Exchanged for the next session by POST /v1/sessions/refresh.'),
    expiresAt: time.meta({ description: 'When the access token expires, by the server’s clock.' }),
    expiresIn: z
      .int()
      .meta({ description: 'Seconds until the access token expires; trust this over the device clock.' }),
  })
  .meta({ id: 'Session', description: 'The tokens of a device that is signed in.' });

/** Either half of a sign-in; one object, since clients in many languages generate no good types of a union. */
export const signIn = z
  .strictObject({
    login: z.string().max(320).optional().meta({ description: 'Username or email; with `password`.' }),
    password: givenPassword.optional(),
    challenge: z.string().max(1_000).optional().meta({
      description:
        'Of 401 `second_factor_required`; with one of the factors, and without `login` and `password`.',
    }),
    ...factorFields,
    refreshToken: z.string().max(200).optional().meta({
      description:
        'The last one that this device had of the account, also when it has expired: others’ wrong passwords then hold up no sign-in from here. Any other text changes nothing.',
    }),
  })
  .superRefine(
    refuse(isOneHalf, 'wrong_format', { expected: 'login and password, or challenge and one second factor' }),
  )
  .meta({
    id: 'SignIn',
    description: 'Who signs in and their password, or a challenge and a second factor.',
  });
export const refresh = z
  .strictObject({ refreshToken: z.string().max(200).meta({ description: 'Of the session, as last given.' }) })
  .meta({ id: 'SessionRefresh', description: 'The token that is exchanged.' });
export const signedIn = z
  .object({ user: me, session })
  .meta({ id: 'SignedIn', description: 'Who signed in or up, and their session.' });
export const refreshed = z
  .object({ session })
  .meta({ id: 'Refreshed', description: 'The session with its next tokens.' });

const device = z
  .object({
    name: shown(100, 'Such as `Safari (iPhone)`; as the client says it; null when it does not.').nullable(),
    kind: z
      .enum(['phone', 'tablet', 'computer'])
      .nullable()
      .meta({ description: 'More kinds may come; null when it is not known.' }),
  })
  .meta({ id: 'Device', description: 'What the User-Agent tells of a device.' });

export const sessionEntry = z
  .object({
    id,
    current: flag('Whether it is the session of this request.'),
    device,
    userAgent: shown(200, 'As the client sent it at sign-in, cut; null when it sent none.').nullable(),
    startedAt: time.meta({ description: 'The same as createdAt.' }),
    lastUsedAt: time.meta({
      description: 'The last refresh, which the client does about every 15 minutes of use.',
    }),
    address: shown(50, 'The network of the last refresh or of sign-in, shortened to /24 or /48.').nullable(),
    createdAt: time.meta({ description: 'When the device signed in.' }),
    refreshedAt: time.meta({ description: 'The same as lastUsedAt.' }),
  })
  .meta({ id: 'SessionEntry', description: 'A device that is signed in.' });

export const sessionList = listOf(sessionEntry, 'SessionList');

export function entryOf(row: SessionRow, caller: Caller): SessionEntry {
  const [startedAt, lastUsedAt] = [row.created_at.toISOString(), row.refreshed_at.toISOString()];
  return {
    id: row.id,
    current: row.id === caller.sessionId,
    device: deviceOf(row.user_agent),
    userAgent: row.user_agent,
    startedAt,
    lastUsedAt,
    address: row.address,
    createdAt: startedAt,
    refreshedAt: lastUsedAt,
  };
}

export type Session = z.infer<typeof session>;
export type SessionEntry = z.infer<typeof sessionEntry>;
