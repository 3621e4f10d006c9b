const MiB = 1024 * 1024;
const DAY = 24 * 60 * 60;
const QUOTA = 10 * 1024 * MiB;

/** A person may fill their quota, delete everything and fill it once more in a day. The trash keeps what was deleted for a month. */
export function bytesPerDay(quota: number): number {
  return 2 * quota;
}

/**
 * Every limit of size and time that clients meet: enforced by the api and the worker, published by `GET /v1/instance`, and read
 * by the NGINX template. Times are in seconds, sizes in bytes, lengths in Unicode code points.
 */
export const limits = {
  photo: {
    /** The largest phone JPEG (108 MP) is about 40 MB. */
    bytes: 50 * MiB,
    /** 200 MP sensors exist; a decoded pixel takes 3 bytes, and the child's memory limit is based on this. */
    pixels: 268_402_689,
    /**
     * The limit for AVIF, whose decoder holds 16 bytes a pixel at once (18.5 with full chroma; a JPEG's 0.2): with photos of a
     * 24 MP camera a worker stays below 600 MB. No phone makes AVIFs.
     */
    avifPixels: 25_165_824,
    altText: 1_000,
    /** The accepted formats, detected by their first bytes; names and client types are never trusted. */
    formats: ['image/jpeg', 'image/png', 'image/webp', 'image/avif', 'image/heic', 'image/gif'],
    /** An upload that takes longer counts as abandoned. */
    uploadSeconds: 2 * 60 * 60,
    /** Uploads are refused when the disk has less room: three of the largest, with their renditions. */
    freeBytes: 256 * MiB,
    /** An unposted photo is kept this long. */
    unpostedFor: 7 * DAY,
    /** If the same person sends the same bytes again within this time, the answer is the existing photo. */
    sameBytesFor: DAY,
    /** No photo may take more CPU time; the 20 MP AVIF takes about 2 s on one slow core. */
    developSeconds: 60,
    /** An attempt that takes longer by the clock (a paused machine, a slow disk) is aborted, and the photo queued again. */
    attemptSeconds: 10 * 60,
    childMemory: 1_536 * MiB,
  },
  upload: {
    /** A resumable upload may continue within this time; phones send when they like. */
    validFor: DAY,
    /**
     * The maximum number of objects of one upload. Each costs an entry in its upload's row, which every request reads and
     * writes, and on S3 a PUT, a HEAD and a GET; clients that send 64 kB a request need 800 for the largest photo.
     */
    pieces: 1_000,
    /** A presigned URL is valid this long; an upload begun by then may finish, and be completed, `completeWithin` later. */
    presignedFor: 60 * 60,
    completeWithin: 2 * 60 * 60,
    /** One person's resumable and direct uploads that have not ended: the photos of two posts. */
    open: 20,
  },
  /** One person's storage, and new bytes and photos per day (UTC); QUOTA_BYTES and QUOTA_PHOTOS_PER_DAY override it. */
  quota: { bytes: QUOTA, bytesPerDay: bytesPerDay(QUOTA), photosPerDay: 1_000 },
  post: { photos: 10, caption: 2_200, place: 100, contentWarning: 200 },
  comment: { text: 2_200 },
  /** In one caption or comment; a tag's length in code points, also when folded. */
  words: { tags: 30, tag: 100, mentions: 30 },
  /** Posts of the last `days`; twice the likes compensate for being older by the half-life, in seconds. */
  explore: { days: 7, halfLife: 12 * 60 * 60 },
  search: { min: 2, max: 100 },
  /** Suggestions are recomputed after a day, or after a follow once a minute has passed. */
  suggestions: { freshFor: DAY, atLeast: 60 },
  user: {
    username: 30,
    /** A username that was given up is kept for its former owner for this long, since links still name them. */
    usernameKeptFor: 90 * DAY,
    displayName: 50,
    bio: 150,
    website: 200,
    email: 254,
    passwordMin: 10,
    password: 128,
  },
  session: {
    accessToken: 15 * 60,
    refreshToken: 60 * DAY,
    repeatRefresh: 60,
    /** From sign-in, however often it is refreshed. */
    life: 365 * DAY,
    perUser: 50,
  },
  /** The audit events of an account. */
  audit: { keptFor: 365 * DAY },
  /**
   * The `free`-th wrong password in a row and each one after it begin a pause of 1 s, 2 s, 4 s and so on. That leaves 130 guesses an
   * hour, from however many addresses.
   */
  guesses: { free: 5, longestPause: 30, rememberedFor: 60 * 60 },
  /**
   * Mails that let a forgotten password be replaced. Of 10^8 codes an account's 20 guesses a day hit one in some 5 million days;
   * those at 20,000 accounts, one in 250 days. A stranger who asks too often uses up the owner's hour, not their day.
   */
  passwordReset: { validFor: 30 * 60, askedPerHour: 10, perHour: 3, guesses: 5, guessesPerDay: 20 },
  /**
   * A password, or a second factor, that a session has just given permits dangerous changes for so long. Six digits of a mail do, too: one of
   * 10^6 is right at any time, and an account takes 20 wrong ones a day, of its own sessions alone.
   */
  proof: { validFor: 10 * 60, mailFor: 10 * 60, mailsPerHour: 3, guesses: 5, guessesPerDay: 20 },
  /**
   * Three of 10^6 codes are right at any time, so an account's 20 guesses a day hit one in some 45 years; whoever guesses knows the
   * password already. Recovery codes have 80 bits.
   */
  secondFactor: {
    challengeFor: 5 * 60,
    guessesPerDay: 20,
    passkeys: 20,
    passkeyName: 50,
    removalAfter: 3 * DAY,
  },
  /** Somebody whom a provider knows and we do not yet has so many seconds to sign up. */
  identity: { signUpFor: 30 * 60 },
  /**
   * Mails that verify an address, by a link or by six digits. One mailbox is sent `perAddress` a day (UTC), each of which bears `guesses`
   * wrong codes, whoever guesses: 30 chances in a million a day. One account causes half of those (`perAddressAndAccount`), so that a
   * stranger does not use up an owner's day, and `perDay` mails, to whatever addresses. Its mails bear `guessesPerDay` wrong codes
   * together, so a request tries at most 10 codes: a network's 4,320 requests a day (`rates.reset`), at ever other accounts and
   * addresses, hit one in 23 days, and open nobody's account by that. Links are not guessed.
   */
  verification: {
    validFor: DAY,
    perAddress: 6,
    perAddressAndAccount: 3,
    perDay: 10,
    guesses: 5,
    guessesPerDay: 20,
    /** For so long a change of address can be taken back by the mail to the old one. */
    reversalFor: 7 * DAY,
  },
  /**
   * Places given away within `perWeek`; an invitation is good for as long, so that all open ones are among them. An account that
   * is younger than `fromAge` has none, or one account could fill an instance in a day.
   */
  invitation: { validFor: 7 * DAY, fromAge: 7 * DAY, perWeek: 5, perWeekByAdmins: 100, keptFor: 30 * DAY },
  /** Sign-ups that wait for an admin: nobody's name is held for ever because nobody decides. `reason`: characters of a refusal's. */
  registration: { waitsFor: 30 * DAY, reason: 500 },
  /** A mail that no server takes is tried for this long; the rows of all mails are kept for a week. */
  mail: { triedFor: 3 * DAY, keptFor: 7 * DAY },
  /**
   * An export of all that is a person's: one in `every` seconds. It is made again for `triedFor`, kept for `keptFor`, and an address
   * of it is good for `linkFor`. It is made only where the disk has `freeBytes` more than it needs: uploads go first.
   */
  export: { every: DAY, triedFor: 3 * DAY, keptFor: 7 * DAY, linkFor: DAY, freeBytes: 1024 * MiB },
  /**
   * An import of a zip, which has as many bytes at most as its owner may upload in a day, and arrives within `validFor`: one at a
   * time, `perDay` of them. It goes on for `triedFor`, since quotas of a day may hold it up, and is kept for `keptFor` after its end.
   */
  import: {
    bytes: bytesPerDay(QUOTA),
    entries: 100_000,
    validFor: 7 * DAY,
    triedFor: 60 * DAY,
    keptFor: 7 * DAY,
    perDay: 3,
  },
  idempotency: { keptFor: DAY, waitSeconds: 5 },
  list: { default: 20, most: 50, ids: 50, rankedFor: 600 },
  json: { bytes: 64 * 1024 },
  wait: { most: 5 },
  feed: { window: 500, idleFor: 30 * DAY },
  follow: { following: 7_500 },
  collection: { name: 50, perUser: 200 },
  media: { validFor: DAY },
  /** `list` applies here, too; a group that has not grown for this long is deleted. */
  notification: { keptFor: 90 * DAY, actors: 3 },
  stream: {
    /** Devices and tabs that listen at once; one more ends the oldest. */
    perPerson: 5,
    /** After two missed heartbeats, proxies and clients consider the stream dead. */
    heartbeat: 20,
    /** Notifications that a resumed stream receives; if it missed more, the client has to read again. */
    resume: 50,
  },
  /** Deleted objects are moved, not removed, so they outlive the backups' window. */
  trash: { keptFor: 30 * DAY },
  /** Requests in a window of seconds, by caller (or by address before sign-in). */
  rates: {
    read: { requests: 3_000, seconds: 60 },
    write: { requests: 300, seconds: 60 },
    upload: { requests: 120, seconds: 60 },
    /** By address: a carrier puts thousands of phones behind one. */
    refresh: { requests: 3_000, seconds: 60 },
    /** By session, for rotations: a client needs one in 15 minutes, and one whose answers get lost repeats instead. */
    sessionRefresh: { requests: 30, seconds: 60 },
    /** Each costs a password hash; a household or an office shares an address. */
    signIn: { requests: 30, seconds: 60 },
    signUp: { requests: 20, seconds: 600 },
    /** Asking for a mail, and using its link or its code; a household shares an address. */
    reset: { requests: 30, seconds: 600 },
    /** By address, in each process: for paths that do not exist, and with tokens that were never ours. */
    unknown: { requests: 300, seconds: 60 },
  },
} as const;

export type Limits = typeof limits;
