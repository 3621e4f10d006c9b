import { z } from 'zod';
import { id, time } from '../http/fields.js';
import { givenPassword, me } from '../users/users.schemas.js';

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

export const sessionEntry = z
  .object({ id, current: z.boolean(), userAgent: z.string().nullable(), createdAt: time, refreshedAt: time })
  .meta({ id: 'SessionEntry', description: 'A device that is signed in.' });

export const sessionList = z
  .object({
    items: z.array(sessionEntry),
    nextCursor: z.string().nullable(),
    prevCursor: z.string().nullable(),
  })
  .meta({ id: 'SessionList' });

export type Session = z.infer<typeof session>;
export type SessionEntry = z.infer<typeof sessionEntry>;
