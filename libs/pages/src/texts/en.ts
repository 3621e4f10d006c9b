import type { MailKind } from '@app/platform';
import type { MailFacts, MailTemplate } from '../mail.js';

/** How long a mail is valid. */
const hours = (minutes: number): string => {
  const whole = Math.round(minutes / 60);
  return whole > 1 ? `${whole} hours` : 'one hour';
};
const days = (minutes: number): string => {
  const whole = Math.round(minutes / 1_440);
  return whole > 1 ? `${whole} days` : 'one day';
};

const mails: Record<MailKind, (facts: MailFacts) => MailTemplate> = {
  reset: ({ instance, username, link, code, minutes }) => ({
    subject: `Reset your password for ${instance}`,
    parts: [
      { text: `Somebody asked to reset the password of the account ${username} on ${instance}.` },
      { link, words: 'Choose a new password' },
      { text: 'Or type this code where the app asks for it:' },
      { code },
      { text: `The link and the code are valid for ${minutes} minutes, and work once.` },
      { text: 'If you did not ask for this, ignore this mail: your password stays as it is.' },
    ],
  }),
  verify: ({ instance, username, link, code, minutes }) => ({
    subject: `Confirm your address for ${instance}`,
    parts: [
      { text: `Somebody gave this address for the account ${username} on ${instance}. Was it you?` },
      { link, words: 'Confirm the address' },
      { text: 'Or type this code where the app asks for it:' },
      { code },
      { text: `The link and the code are valid for ${hours(minutes)}, and work once.` },
      { text: 'If it was not you, ignore this mail: the address does not become theirs.' },
    ],
  }),
  proof: ({ instance, username, code, minutes }) => ({
    subject: `Your code for ${instance}`,
    parts: [
      { text: `This code confirms a change of the account ${username} on ${instance}:` },
      { code },
      { text: `Type it where the app asks for it, within ${minutes} minutes. Give it to nobody.` },
      {
        text: 'If you did not ask for this, somebody else is signed in to your account: change your password.',
      },
    ],
  }),
  address_in_use: ({ instance, username, link }) => ({
    subject: `Your address was given again on ${instance}`,
    parts: [
      {
        text: `Somebody gave this address for another account on ${instance}. It belongs to your account ${username}.`,
      },
      { text: `If it was you: sign in as ${username}. If you forgot the password, choose a new one:` },
      { link, words: 'Forgot your password?' },
      { text: 'If it was not you, ignore this mail: nobody was told that you have an account.' },
    ],
  }),
  new_device: ({ instance, username, link }) => ({
    subject: `Somebody signed in to your account on ${instance}`,
    parts: [
      {
        text: `Somebody signed in to the account ${username} on ${instance}, with a device or from a network that it was not used with before.`,
      },
      { text: 'If it was you, ignore this mail. Your app shows where you are signed in.' },
      { text: 'If it was not you, choose a new password: that signs everybody out.' },
      { link, words: 'Choose a new password' },
    ],
  }),
  credentials_changed: ({ instance, username, link }) => ({
    subject: `How you sign in to ${instance} was changed`,
    parts: [
      {
        text: `The password, a second factor or a provider of the account ${username} on ${instance} was set, used up or taken away. Your app shows what it was, among the security events.`,
      },
      { text: 'If it was you, ignore this mail.' },
      { text: 'If it was not you, choose a new password: that signs everybody out.' },
      { link, words: 'Choose a new password' },
    ],
  }),
  account_closed: ({ instance, username, link, minutes }) => ({
    subject: `Your account on ${instance} was closed`,
    parts: [
      {
        text: `The account ${username} on ${instance} was closed. Nobody sees it, and in ${days(minutes)} it is deleted with everything in it.`,
      },
      { text: 'If you want to keep it, sign in before then: that opens it again, as it was.' },
      {
        text: 'If it was not you who closed it, choose a new password, sign in with it, and look at the security events in your app.',
      },
      { link, words: 'Choose a new password' },
    ],
  }),
  factors_removal: ({ instance, username, link, minutes }) => ({
    subject: `Your second factor on ${instance} will be taken away`,
    parts: [
      {
        text: `Whoever runs ${instance} was asked to take the second factors of the account ${username} away, since they were lost. That happens in ${days(minutes)}.`,
      },
      { text: 'If you asked for it, wait until then, and sign in with your password.' },
      { text: 'If it was not you, keep them. Signing in with your second factor keeps them, too.' },
      { link, words: 'Keep my second factor' },
    ],
  }),
  reversal: ({ instance, username, link, minutes }) => ({
    subject: `Your account on ${instance} has another address`,
    parts: [
      { text: `The account ${username} on ${instance} has another address now; it had this one.` },
      { text: 'If you changed it, ignore this mail.' },
      {
        text: `If it was not you, take the change back: the account gets this address again, everybody is signed out, and you choose a new password. The link is valid for ${days(minutes)}.`,
      },
      { link, words: 'Take the change back' },
    ],
  }),
  approved: ({ instance, username }) => ({
    subject: `Welcome to ${instance}`,
    parts: [
      { text: `Your account ${username} on ${instance} is ready.` },
      { text: 'Sign in with your password in your app.' },
    ],
  }),
  refused: ({ instance, note }) => ({
    subject: `Your sign-up for ${instance}`,
    parts: [
      { text: `Your sign-up for ${instance} was not accepted. What you gave was deleted.` },
      ...(note === null ? [] : [{ text: 'The reason:' }, { text: note }]),
    ],
  }),
  undecided: ({ instance }) => ({
    subject: `Your sign-up for ${instance}`,
    parts: [
      { text: `Nobody decided on your sign-up for ${instance} in time. What you gave was deleted.` },
      { text: 'You may sign up again.' },
    ],
  }),
  export: ({ instance, username, link, minutes }) => ({
    subject: `Your export from ${instance} is ready`,
    parts: [
      { text: `The export of all data of the account ${username} on ${instance} is ready.` },
      { link, words: 'Download it' },
      { text: `The page asks for your password. The export is deleted after ${days(minutes)}.` },
      {
        text: 'If you did not ask for this, somebody else is signed in to your account: change your password.',
      },
    ],
  }),
};

/** Everything that people read in pages and mails; another language is another file like this one. */
export const en = {
  language: 'en',
  mails,
  forgot: {
    title: 'Forgot your password?',
    explain: 'We send a mail to the address of your account, with a link to choose a new password.',
    login: 'Username or email',
    send: 'Send the mail',
    empty: 'Enter your username or your email address.',
    sentTitle: 'Check your mail',
    sent: 'If there is such an account, a mail is on its way. Its link is valid for 30 minutes.',
    none: 'If none arrives within a few minutes, check the spam folder, then try again.',
    again: 'Ask for another mail',
  },
  reset: {
    title: 'Choose a new password',
    explain: 'You will be signed out everywhere.',
    password: 'New password',
    length: (characters: number) => `At least ${characters} characters`,
    save: 'Save the password',
    doneTitle: 'Your password is changed',
    done: 'You were signed out everywhere. Sign in with the new password in your app.',
    usedTitle: 'This link does not work any more',
    used: 'It was used, has expired, or a newer one replaced it.',
    weak: 'This password is too easy to guess. Choose a longer one, or several unrelated words.',
    factor: 'Code of your second factor',
    factorHint: 'Six digits from your authenticator app, or one of your recovery codes',
    wrongFactor: 'This code is wrong or was used. Enter the next one, and the password again.',
    long: (characters: number) => `A password may have at most ${characters} characters.`,
  },
  verify: {
    title: 'Confirm your address',
    explain: 'Then the address belongs to your account: you can sign in with it, and get mails at it.',
    confirm: 'Confirm the address',
    doneTitle: 'Your address is confirmed',
    done: 'You can go back to your app.',
    again: 'Ask for another mail in your app.',
  },
  reversal: {
    title: 'Take the change of address back?',
    explain:
      'The account gets back the address to which we sent you the link. Everybody is signed out, the password becomes useless, and we send you a mail to choose a new one.',
    confirm: 'Take it back',
    doneTitle: 'The change is taken back',
    done: 'Everybody was signed out. A mail to choose a new password is on its way.',
  },
  factors: {
    title: 'Keep your second factor?',
    explain: 'It was to be taken away, since somebody said that it was lost. If that was not you, keep it.',
    confirm: 'Keep it',
    doneTitle: 'Your second factor stays',
    done: 'Whoever asked may know your password: choose a new one now.',
  },
  leave: {
    title: 'Delete your account',
    explain: (days: number) =>
      `Once you confirm this, nobody sees your account. After ${days} days everything of it is deleted: photos, posts, comments and likes. Until then you keep it by signing in.`,
    login: 'Username or email',
    password: 'Password',
    leave: 'Delete my account',
    forgot: 'Forgot your password?',
    wrong: 'There is no account with this name and this password.',
    factorMissing: 'This account has a second factor. Enter your password again, and its code.',
    doneTitle: 'Your account is closed',
    done: (day: string) =>
      `Everything of it is deleted on ${day}. If you change your mind, sign in before that day, in your app.`,
  },
  about: { about: 'About', terms: 'Terms', privacy: 'Privacy', rules: 'Rules', contact: 'Contact' },
  noText: { title: 'Nothing here', text: 'This instance has no such text.' },
  invite: {
    title: (inviter: string) => `${inviter} invites you`,
    explain: 'Open your app, choose to sign up at this address, and enter this code:',
    until: (day: string) => `It is good until ${day} (UTC).`,
    notGood: 'This invitation is not good',
    why: 'It was used, has expired or was taken back, or its address is not complete. Ask for another.',
  },
  export: {
    title: 'Your export',
    explain: 'Enter your password to download everything that is yours.',
    password: 'Password',
    open: 'Continue',
    wrong: 'This is not the password of the account. You may also download the export in your app.',
    app: 'This link is not enough for your account: download the export in your app.',
    readyTitle: 'Your export is ready',
    ready: (megabytes: string) => `A zip file of ${megabytes} MB. This address works for one day.`,
    download: 'Download it',
    goneTitle: 'This export is gone',
    gone: 'It was deleted after a week, or your password or address has changed since. Ask for another in your app.',
  },
  exported: {
    title: (username: string) => `Everything of @${username}`,
    made: (day: string) => `Made on ${day} (UTC). Pictures open in their original size.`,
    posts: 'Posts',
    unposted: 'Photos without a post',
    comments: 'Comments',
    following: 'Following',
    followers: 'Followers',
    archived: 'archived',
    photo: 'Photo',
    rest: 'Likes, saved posts, collections and what happened to the account are in the JSON files beside this page.',
    readme: (username: string, instance: string) =>
      `This is everything of @${username} on ${instance}.\n\nUnpack the zip, then open index.html in a browser; it needs no network.\nphotos/ has the originals as they were sent, with what the camera wrote into them, such as places.\nThe JSON files are for programs: docs/export-format.md of Narwhal describes them.\n`,
  },
  refused: {
    title: 'This did not work',
    tooMany: 'Too many requests came from your network. Try again in a few minutes.',
    busy: 'The server is busy. Try again in a moment.',
    elsewhere: 'This form was sent from another site. Open the page again and send it from there.',
    unreadable: 'The form could not be read. Open the page again.',
  },
};
