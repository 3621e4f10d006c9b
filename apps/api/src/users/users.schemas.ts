import { canonicalEmail, fold, limits } from '@app/platform';
import { z } from 'zod';
import { listOf } from '../http/cursors.js';
import { address, count, flag, id, refuse, shown, text, time } from '../http/fields.js';

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

/** Compared in lower case. */
export const email = z
  .string()
  .overwrite(canonicalEmail)
  .superRefine(
    refuse(
      (value: string) =>
        value.length <= limits.user.email &&
        /^[^\s@<>()[\]\\,;:"\p{C}]+@[^\s@.<>()[\]\\,;:"\p{C}]+(\.[^\s@.<>()[\]\\,;:"\p{C}]+)+$/u.test(value),
      'wrong_format',
      { expected: 'an email address' },
    ),
  )
  .meta({
    description: 'Nobody else sees it.',
    format: 'email',
    maxLength: limits.user.email,
    example: 'ada@example.org',
  });

const canonicalTag = (tag: string): string | null => {
  try {
    return Intl.getCanonicalLocales(tag)[0] ?? null;
  } catch {
    // No tag at all.
    return null;
  }
};

/** The longest of BCP 47, section 4.4.1. */
const LOCALE = 35;

/** Any tag, since languages will be added; kept in its canonical form. */
export const locale = z
  .string()
  .overwrite((value) => (value.length <= LOCALE ? canonicalTag(value) : null) ?? value)
  .superRefine(
    refuse((value: string) => value.length <= LOCALE && canonicalTag(value) !== null, 'wrong_format', {
      expected: 'a BCP 47 language tag',
    }),
  )
  .meta({
    description: 'The language of mails to them, English where Narwhal does not speak it: a BCP 47 tag.',
    maxLength: LOCALE,
    example: 'de-AT',
  });

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
  .meta({
    description: 'What is easy to guess is refused.',
    minLength: limits.user.passwordMin,
    maxLength: limits.user.password,
    format: 'password',
  });

/** A password as typed at sign-in: any text of reasonable length, since the rules may have changed since it was set. */
export const givenPassword = z
  .string()
  .superRefine(atMost(1_024, ({ length }) => length))
  .meta({ description: 'The password.', maxLength: 1_024, format: 'password' });

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
  .object({
    w64: address('64 pixels wide.'),
    w150: address('150 pixels wide.'),
    w320: address('320 pixels wide.'),
  })
  .nullable()
  .meta({ id: 'Avatar', description: 'Addresses of square pictures; null without one.' });

export const relationship = z
  .object({
    following: flag('Whether the caller follows them.'),
    requested: flag('Whether the caller asked to follow them.'),
    followedBy: flag('Whether they follow the caller.'),
    blocking: flag('Whether the caller blocks them.'),
    muting: flag('Whether the caller mutes them.'),
  })
  .meta({ id: 'Relationship', description: 'How the caller stands to this person.' });

export const nameFields = {
  username: shown(limits.user.username, 'Unique; one may change it.'),
  displayName: shown(limits.user.displayName, 'As they call themselves; null when they do not.').nullable(),
};

export const user = z
  .object({
    id,
    ...nameFields,
    bio: shown(limits.user.bio, 'What they say of themselves; null for nothing.').nullable(),
    website: shown(limits.user.website, 'Their own address; null without one.').nullable(),
    url: address('Their page for people: /u/<username>.'),
    avatar,
    private: flag('Whether only followers whom they let in see their content.'),
    counts: z
      .object({
        posts: count('Their published posts.'),
        followers: count('Who follows them.'),
        following: count('Whom they follow.'),
      })
      .meta({ id: 'UserCounts', description: 'How much there is of them.' }),
    createdAt: time.meta({ description: 'When they signed up.' }),
    relationship: relationship.optional(),
  })
  .meta({ id: 'User', description: 'A person; `relationship` is there when the caller is signed in.' });

const acceptedTerms = shown(40, 'The version of the terms.');

export const me = user
  .extend({
    email: shown(limits.user.email, 'The address that they named, which nobody else sees.'),
    emailVerified: flag('Whether they proved to read its mails: only then does it belong to them.'),
    pendingEmail: shown(
      limits.user.email,
      'The address that replaces it once it is verified; null without one.',
    ).nullable(),
    locale: shown(LOCALE, 'The language of mails to them; null for that of who asks.').nullable(),
    terms: z
      .object({
        version: acceptedTerms,
        acceptedAt: time.meta({ description: 'When they accepted it.' }),
      })
      .nullable()
      .meta({
        id: 'AcceptedTerms',
        description:
          'The terms that they accepted last; null for none. Where `terms.version` of GET /v1/instance is another, ask.',
      }),
  })
  .meta({ id: 'Me', description: 'A user, as they see themselves.' });

export const userList = listOf(user, 'UserList');

export const names = {
  username: username.meta({ description: 'Kept in lower case.' }),
  displayName: displayName.nullable().optional().meta({ description: 'As one wants to be called.' }),
};

export const profileChange = z
  .strictObject({
    displayName: names.displayName,
    bio: text({ max: limits.user.bio, multiline: true })
      .nullable()
      .optional()
      .meta({ description: 'What one says of oneself.' }),
    website: website.nullable().optional().meta({ description: 'One’s own http or https address.' }),
    private: flag('Whether only followers whom one lets in see one’s content.').optional(),
    username: names.username.optional(),
    locale: locale.nullable().optional(),
  })
  .meta({ id: 'ProfileChange', description: 'What is to be changed of one’s profile.' });

export const passwordChange = z
  .strictObject({
    current: givenPassword.meta({ description: 'The password as it is.' }),
    next: newPassword.meta({ description: 'The password as it shall be.' }),
  })
  .meta({ id: 'PasswordChange', description: 'A new password, and the old one as proof.' });

export const closing = z
  .strictObject({ password: givenPassword.optional() })
  .meta({ id: 'AccountClosing', description: 'The password, in place of a proof in the header.' });

export const closed = z
  .object({
    deletesAt: time.meta({
      description: 'When everything of the account is deleted, unless its owner signs in before.',
    }),
  })
  .meta({ id: 'AccountClosed', description: 'An account that is hidden from everybody now.' });

export const avatarChange = z
  .strictObject({
    photoId: id.nullable().meta({ description: 'An unposted photo of one’s own; null for none.' }),
  })
  .meta({ id: 'AvatarChange', description: 'The photo that becomes one’s picture.' });

export type User = z.infer<typeof user>;
export type Me = z.infer<typeof me>;
export type Relationship = z.infer<typeof relationship>;
