import { limits, type Limits } from '@app/platform';
import { z } from 'zod';
import { address, count, flag, knownCode, shown } from '../http/fields.js';

/** A sentence for each limit, in the form of the limits themselves: the compiler asks for that of a new one. */
type Meanings<Of> = {
  [Name in keyof Of]: Of[Name] extends number | readonly unknown[] ? string : Meanings<Of[Name]>;
};

const rate = (what: string) => ({
  requests: `How many ${what} within the window.`,
  seconds: 'The window, in seconds.',
});

const meanings: Meanings<Limits> = {
  photo: {
    bytes: 'The largest photo, in bytes.',
    pixels: 'The most pixels of a photo.',
    avifPixels: 'The most pixels of an AVIF.',
    altText: 'The longest description, in code points.',
    formats: 'The formats that are taken, as media types; a file’s first bytes decide.',
    uploadSeconds: 'An upload that takes longer counts as given up.',
    freeBytes: 'Uploads are refused while the disk has less room than this many bytes.',
    unpostedFor: 'For how long a photo that is in no post is kept, in seconds.',
    sameBytesFor: 'For how long the same bytes are the same photo, in seconds.',
    developSeconds: 'The most processor time for one photo, in seconds.',
    attemptSeconds: 'The most time by the clock for one attempt, in seconds.',
    childMemory: 'The most memory for opening a photo, in bytes.',
  },
  upload: {
    validFor: 'For how long a resumable upload may go on, in seconds.',
    pieces: 'In how many pieces an upload may come.',
    presignedFor: 'For how long a presigned address is good, in seconds.',
    completeWithin: 'How long after that the upload has to be completed, in seconds.',
    open: 'How many resumable and direct uploads of a person may be open.',
  },
  quota: {
    bytes: 'How many bytes of photos a person may keep.',
    bytesPerDay: 'How many bytes a person may send in a day (UTC).',
    photosPerDay: 'How many photos a person may send in a day (UTC).',
  },
  post: {
    photos: 'The most photos of a post.',
    caption: 'The longest caption, in code points.',
    place: 'The longest name of a place, in code points.',
    contentWarning: 'The longest content warning, in code points.',
  },
  comment: { text: 'The longest comment, in code points.' },
  words: {
    tags: 'The most hashtags of a text.',
    tag: 'The longest hashtag, in code points, also when folded.',
    mentions: 'The most mentions of a text.',
  },
  explore: {
    days: 'How old a post of explore may be, in days.',
    halfLife: 'After how many seconds a post needs twice the likes.',
  },
  search: { min: 'The shortest text to look for, in code points.', max: 'The longest, in code points.' },
  suggestions: {
    freshFor: 'After how many seconds suggestions are worked out again.',
    atLeast: 'For how many seconds they stay after a follow.',
  },
  user: {
    username: 'The longest username.',
    usernameKeptFor: 'For how long a username that was given up is kept for its owner, in seconds.',
    displayName: 'The longest name, in code points.',
    bio: 'The longest text about oneself, in code points.',
    website: 'The longest website, in code points.',
    email: 'The longest email address.',
    passwordMin: 'The shortest password, in code points.',
    password: 'The longest password, in code points.',
  },
  session: {
    accessToken: 'For how long an access token is good, in seconds.',
    refreshToken: 'For how long a refresh token is good after its last use, in seconds.',
    repeatRefresh: 'For how long a refresh may be repeated after its successor was used, in seconds.',
    life: 'For how long a session lasts, however often it is refreshed, in seconds.',
    perUser: 'How many sessions a person may have; one more ends the oldest.',
  },
  audit: { keptFor: 'For how long security events are kept, in seconds.' },
  guesses: {
    free: 'How many wrong passwords in a row cause no pause.',
    longestPause: 'The longest pause after wrong passwords, in seconds.',
    rememberedFor: 'For how long wrong passwords are remembered, in seconds.',
  },
  passwordReset: {
    validFor: 'For how long the link and the code of a mail are good, in seconds.',
    perHour: 'How many mails an account gets in an hour.',
    askedPerHour: 'How often one login is asked for in an hour before nothing happens any more.',
    guessesPerDay: 'How many wrong codes an account takes in a day; its links go on working.',
    guesses: 'How many wrong codes a mail bears.',
  },
  secondFactor: {
    challengeFor: 'Within how many seconds a second factor has to be given.',
    guessesPerDay: 'How many wrong codes an account takes in a day.',
    passkeys: 'How many passkeys a person may have.',
    passkeyName: 'The longest name of a passkey, in code points.',
    removalAfter: 'How long a person has to stop an operator from taking their factors away, in seconds.',
  },
  proof: {
    validFor: 'For how long a proof permits dangerous changes, in seconds.',
    mailFor: 'For how long the code of a mail that asks for a proof is good, in seconds.',
    mailsPerHour: 'How many such mails an account may ask for in an hour.',
    guesses: 'How many wrong codes a mail bears.',
    guessesPerDay: 'How many wrong codes the mails of an account bear together in a day.',
  },
  identity: {
    signUpFor: 'For how long `signUp` of POST /v1/sessions/identity is good, in seconds.',
  },
  verification: {
    validFor: 'For how long the link and the code of a mail are good, in seconds.',
    perAddress: 'How many mails a mailbox gets in a day (UTC), whoever asks; further ones are not sent.',
    perAddressAndAccount: 'How many of those one account causes at most.',
    perDay: 'How many mails an account may ask for in a day.',
    guesses: 'How many wrong codes a mail bears.',
    guessesPerDay:
      'How many wrong codes the mails of an account bear together in a day; its links go on working.',
    reversalFor: 'For how long a change of address can be taken back from the old one, in seconds.',
  },
  invitation: {
    validFor: 'For how long an invitation is good, in seconds.',
    fromAge: 'How old an account has to be to invite, in seconds; those of admins need no age.',
    perWeek: 'How many people an account may invite in a week.',
    perWeekByAdmins: 'How many people an admin may invite in a week.',
    keptFor: 'For how long the record of an invitation is kept, in seconds.',
  },
  registration: {
    waitsFor:
      'For how long a sign-up waits for an admin, in seconds; then it is deleted, and a mail says so.',
    reason: 'How many characters the reason of a refused sign-up has at most.',
  },
  mail: {
    triedFor: 'For how long it is tried to send a mail that no server takes, in seconds.',
    keptFor: 'For how long it is kept when which mail was sent, in seconds.',
  },
  export: {
    every: 'Within how many seconds one export is made.',
    triedFor: 'For how long it is tried to make an export that fails, in seconds.',
    keptFor: 'For how long an export may be downloaded, in seconds.',
    linkFor: 'For how long an address of an export is good, in seconds.',
    freeBytes: 'How much room the disk must have beyond an export.',
  },
  import: {
    bytes: 'The largest zip that can be imported, in bytes.',
    entries: 'How many files it may hold.',
    validFor: 'For how long the upload of a zip may go on, in seconds.',
    triedFor: 'For how long an import goes on while there is no room, in seconds.',
    keptFor: 'For how long the report of an import can be read, in seconds.',
    perDay: 'How many imports a person may begin in 24 hours.',
  },
  idempotency: {
    keptFor: 'For how long an Idempotency-Key is remembered, in seconds.',
    waitSeconds: 'How long a repeated request waits for the first, in seconds.',
  },
  list: {
    default: 'How many items a page has.',
    most: 'How many items a page may have.',
    ids: 'How many ids may be asked for at once.',
    rankedFor: 'For how long the order of a ranked list is kept, in seconds.',
  },
  json: { bytes: 'The largest JSON body, in bytes.' },
  wait: { most: 'The longest `Prefer: wait`, in seconds.' },
  feed: {
    window: 'How many posts of the home feed are at hand.',
    idleFor: 'For how long a feed that nobody reads is kept, in seconds.',
  },
  follow: { following: 'How many people one may follow.' },
  collection: {
    name: 'The longest name, in code points.',
    perUser: 'How many collections a person may have.',
  },
  media: { validFor: 'For how long an address of a picture is good at least, in seconds.' },
  notification: {
    keptFor: 'For how long notifications are kept, in seconds.',
    actors: 'How many people a notification names.',
  },
  stream: {
    perPerson: 'How many streams a person may have open; one more ends the oldest.',
    heartbeat: 'How often a stream shows that it is alive, in seconds.',
    resume: 'How many missed notifications a resumed stream brings.',
  },
  trash: { keptFor: 'For how long deleted objects are kept, in seconds.' },
  rates: {
    read: rate('reads of a person'),
    write: rate('changes of a person'),
    upload: rate('uploads of a person'),
    refresh: rate('refreshes from a network'),
    sessionRefresh: rate('new tokens of a session'),
    signIn: rate('passwords from a network'),
    signUp: rate('new accounts from a network'),
    reset: rate('requests about mails’ links and codes from a network'),
    unknown: rate('aimless requests from a network'),
  },
};

type Tree = { [name: string]: number | readonly string[] | Tree };
type TreeOfMeanings = { [name: string]: string | TreeOfMeanings };

/** Numbers are integers, lists are texts, and everything else has a schema of its own. */
function schemaOf(values: Tree, sentences: TreeOfMeanings): z.ZodObject {
  const fields = Object.entries(values).map(([name, value]) => {
    const sentence = sentences[name];
    if (typeof sentence === 'object') return [name, schemaOf(value as Tree, sentence)];
    const schema = Array.isArray(value) ? z.array(shown(100, 'One of them.')).max(100) : z.int();
    return [name, schema.meta({ description: sentence ?? '' })];
  });
  return z.object(Object.fromEntries(fields) as z.ZodRawShape).meta({ description: 'Limits of it.' });
}

const page = (what: string) => address(`${what}; null where there is no such text.`).nullable();

export const instance = z
  .object({
    name: shown(60, 'What its operator calls it.'),
    version: shown(100, 'The release that answers.'),
    features: z
      .array(shown(100, 'A feature beyond the first release.'))
      .max(100)
      .meta({ description: 'What clients may rely on; check for a name here, not for a version.' }),
    limits: schemaOf(limits as unknown as Tree, meanings as TreeOfMeanings).meta({
      id: 'Limits',
      description: 'Sizes in bytes, lengths in code points, times in seconds.',
    }),
    registrations: knownCode(
      ['open', 'invite', 'approval', 'closed'],
      'Who may sign up: everybody, whoever has an invitation, everybody whom an admin then lets in, or nobody.',
    ),
    requires: z
      .object({
        verifiedEmail: flag('Whether one posts only once one’s address is verified.'),
        terms: flag('Whether sign-up needs `acceptedTerms`.'),
        minimumAge: count('Sign-up needs a `birthDate` so many years ago; 0 for none.'),
      })
      .meta({ id: 'InstanceRequires', description: 'What it asks of people.' }),
    terms: z
      .object({ version: shown(40, 'What `acceptedTerms` names.'), url: address('Where they can be read.') })
      .nullable()
      .meta({ id: 'Terms', description: 'The terms of this instance; null for none.' }),
    rules: z
      .array(
        z
          .object({
            id: shown(10, 'Its place among them.'),
            text: shown(1_000, 'In the language of `Accept-Language`, where there is one.'),
          })
          .meta({ id: 'Rule', description: 'A rule of this instance.' }),
      )
      .max(100)
      .meta({ description: 'The rules of this instance.' }),
    contact: shown(
      300,
      'Where its operator is reached: an address of email or of a page; null for none.',
    ).nullable(),
    pages: z
      .object({
        about: page('About the instance, with its rules'),
        terms: page('Its terms'),
        privacy: page('What becomes of people’s data'),
      })
      .meta({ id: 'InstancePages', description: 'Pages for people, in their language where it is there.' }),
  })
  .meta({ id: 'Instance', description: 'What this instance is and allows.' });
