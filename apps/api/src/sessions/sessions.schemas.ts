import type { SessionRow } from '@app/storage';
import { z } from 'zod';
import type { Caller } from '../http/call.js';
import { listOf } from '../http/cursors.js';
import { id, time } from '../http/fields.js';
import { givenPassword, me } from '../users/users.schemas.js';
import { deviceOf } from './devices.js';

export const session = z
  .object({
    id,
    accessToken: z.string(),
    refreshToken: z.string(),
    expiresAt: time,
    expiresIn: z
      .int()
      .meta({ description: 'Seconds until the access token expires; trust this over the device clock.' }),
  })
  .meta({ id: 'Session' });

export const signIn = z.strictObject({
  login: z.string().max(320).meta({ description: 'Username or email.' }),
  password: givenPassword,
});
export const refresh = z.strictObject({ refreshToken: z.string().max(200) });
export const signedIn = z.object({ user: me, session }).meta({ id: 'SignedIn' });
export const refreshed = z.object({ session }).meta({ id: 'Refreshed' });

const device = z
  .object({
    name: z.string().nullable().meta({ description: 'Such as `Safari (iPhone)`; as the client says it.' }),
    kind: z
      .enum(['phone', 'tablet', 'computer'])
      .nullable()
      .meta({ description: 'More kinds may come; null when it is not known.' }),
  })
  .meta({ id: 'Device', description: 'What the User-Agent tells of a device.' });

export const sessionEntry = z
  .object({
    id,
    current: z.boolean(),
    device,
    userAgent: z.string().nullable(),
    startedAt: time.meta({ description: 'The same as createdAt.' }),
    lastUsedAt: time.meta({
      description: 'The last refresh, which the client does about every 15 minutes of use.',
    }),
    address: z.string().nullable().meta({
      description: 'The network of the last refresh or of sign-in, shortened to /24 or /48.',
    }),
    createdAt: time,
    refreshedAt: time,
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
