import { fold, limits } from '@app/platform';
import { z } from 'zod';
import { listOf } from '../http/cursors.js';
import { id, refuse, text, time } from '../http/fields.js';

/** Names that would pass for the service's own, or that occur in paths. */
const reserved = new Set(
  'admin administrator api app docs everyone explore feed health help instance mail me media metrics moderator narwhal nobody null official p postmaster root search security settings support system tags undefined users webmaster www'.split(
    ' ',
  ),
);

const codePoints = (value: string): number => [...value].length;

const atMost = (limit: number, lengthOf = codePoints) =>
  refuse(
    (value: string) => lengthOf(value) <= limit,
    'too_long',
    (value) => ({ limit, actual: lengthOf(value) }),
  );

/** Stored in lower case; dots only inside, and not two in a row. Names of closed accounts begin with `closed.`. */
export const username = z
  .string()
  .overwrite((value) => fold(value).trim())
  .superRefine(atMost(limits.user.username, ({ length }) => length))
  .superRefine(
    refuse((value: string) => /^[a-z0-9_]+(\.[a-z0-9_]+)*$/.test(value), 'wrong_format', {
      expected: '[a-z0-9_] with inner dots, 1-30',
    }),
  )
  .superRefine(refuse((value: string) => !reserved.has(value) && !value.startsWith('closed.'), 'reserved'))
  .meta({ pattern: '^[a-z0-9_]+(\\.[a-z0-9_]+)*$', maxLength: limits.user.username, example: 'ada' });

/** One address per person, compared in lower case. */
export const email = z
  .string()
  .overwrite((value) => value.normalize('NFC').trim().toLowerCase())
  .superRefine(
    refuse(
      (value: string) =>
        value.length <= limits.user.email &&
        /^[^\s@<>()[\]\\,;:"\p{C}]+@[^\s@.\p{C}]+(\.[^\s@.\p{C}]+)+$/u.test(value),
      'wrong_format',
      { expected: 'an email address' },
    ),
  )
  .meta({ format: 'email', maxLength: limits.user.email, example: 'ada@example.org' });

/** Shorter ones are no password at all; those below `passwordMin`, and what is easy to guess, are `password_too_weak` in the domain. */
const SHORTEST = 8;

export const newPassword = z
  .string()
  .superRefine(refuse((value: string) => value.isWellFormed(), 'character_not_allowed'))
  .superRefine(
    refuse(
      (value: string) => codePoints(value) >= SHORTEST,
      'too_short',
      (value) => ({ limit: limits.user.passwordMin, actual: codePoints(value) }),
    ),
  )
  .superRefine(atMost(limits.user.password))
  .meta({ minLength: limits.user.passwordMin, maxLength: limits.user.password, format: 'password' });

/** A password as typed at sign-in: any text of reasonable length, since the rules may have changed since it was set. */
export const givenPassword = z
  .string()
  .superRefine(atMost(1_024, ({ length }) => length))
  .meta({ format: 'password' });

export const displayName = text({ max: limits.user.displayName });

function isWebAddress(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname, username: user } = new URL(value);
  return (protocol === 'https:' || protocol === 'http:') && hostname.includes('.') && user === '';
}

const website = text({ max: limits.user.website }).superRefine(
  refuse((value: string) => value === '' || isWebAddress(value), 'wrong_format', {
    expected: 'an http or https address',
  }),
);

export const avatar = z
  .object({ w64: z.string(), w150: z.string(), w320: z.string() })
  .nullable()
  .meta({ description: 'Addresses of square pictures; null without one.' });

export const relationship = z
  .object({
    following: z.boolean(),
    requested: z.boolean(),
    followedBy: z.boolean(),
    blocking: z.boolean(),
    muting: z.boolean(),
  })
  .meta({ id: 'Relationship', description: 'How the caller stands to this person.' });

export const user = z
  .object({
    id,
    username: z.string(),
    displayName: z.string().nullable(),
    bio: z.string().nullable(),
    website: z.string().nullable(),
    url: z.string(),
    avatar,
    private: z.boolean(),
    counts: z.object({ posts: z.int(), followers: z.int(), following: z.int() }),
    createdAt: time,
    relationship: relationship.optional(),
  })
  .meta({ id: 'User' });

export const me = user
  .extend({ email: z.string() })
  .meta({ id: 'Me', description: 'A user, as they see themselves.' });

export const userList = listOf(user, 'UserList');

export const signUp = z.strictObject({
  username,
  email,
  password: newPassword,
  displayName: displayName.nullable().optional(),
});

export const profileChange = z.strictObject({
  displayName: displayName.nullable().optional(),
  bio: text({ max: limits.user.bio, multiline: true }).nullable().optional(),
  website: website.nullable().optional(),
  private: z.boolean().optional(),
  username: username.optional(),
});

export const passwordChange = z.strictObject({ current: givenPassword, next: newPassword });
export const closing = z.strictObject({ password: givenPassword });
export const avatarChange = z.strictObject({ photoId: id.nullable() });

export type User = z.infer<typeof user>;
export type Me = z.infer<typeof me>;
export type Relationship = z.infer<typeof relationship>;
