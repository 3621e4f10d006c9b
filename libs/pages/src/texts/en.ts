import type { MailKind } from '@app/platform';
import type { MailFacts, MailTemplate } from '../mail.js';

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
  leave: {
    title: 'Delete your account',
    explain: (days: number) =>
      `Nobody sees your account from now on. After ${days} days everything of it is deleted: photos, posts, comments and likes. Until then you keep it by signing in.`,
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
  refused: {
    title: 'This did not work',
    tooMany: 'Too many requests came from your network. Try again in a few minutes.',
    busy: 'The server is busy. Try again in a moment.',
    elsewhere: 'This form was sent from another site. Open the page again and send it from there.',
    unreadable: 'The form could not be read. Open the page again.',
  },
};
