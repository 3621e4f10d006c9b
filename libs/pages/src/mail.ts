import { html } from './html.js';
import { textsOf } from './texts/languages.js';
import type { MailKind } from '@app/platform';

/** What a mail is about, for every kind. */
export interface MailFacts {
  instance: string;
  username: string;
  /** The address that its link opens. */
  link: string;
  code: string;
  /** For how long both are valid from now on. */
  minutes: number;
  /** What an admin says; null for nothing. */
  note: string | null;
}

/** A part of a mail: a paragraph, a link with its words, or a code to type. */
export type MailPart = { text: string } | { link: string; words: string } | { code: string };

/** One template of a mail; text and HTML are both made from it. */
export interface MailTemplate {
  subject: string;
  parts: MailPart[];
}

export interface RenderedMail {
  subject: string;
  text: string;
  html: string;
}

// Mail programs drop style sheets, so each element has its own style. Nothing is loaded: no picture tells that a mail was read.
const body = 'font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:0 auto;padding:1rem';
const button =
  'display:inline-block;padding:.7rem 1.2rem;border-radius:6px;background:#12608f;color:#fff;text-decoration:none;font-weight:600';
const digits = 'font:600 1.6rem/1.5 ui-monospace,monospace;letter-spacing:.2em';

function plain(part: MailPart): string {
  if ('link' in part) return `${part.words}:\n${part.link}`;
  return 'code' in part ? `    ${part.code}` : part.text;
}

function formatted(part: MailPart) {
  if ('link' in part) return html`<p><a href="${part.link}" style="${button}">${part.words}</a></p> `;
  if ('code' in part) return html`<p style="${digits}">${part.code}</p> `;
  return html`<p>${part.text}</p> `;
}

/** A mail of a kind, in the language of its receiver. */
export function renderMail(kind: MailKind, language: string, facts: MailFacts): RenderedMail {
  const texts = textsOf(language);
  const { subject, parts } = texts.mails[kind](facts);
  return {
    subject,
    text: `${parts.map(plain).join('\n\n')}\n`,
    html: html`<!doctype html>
      <html lang="${texts.language}">
        <head>
          <meta charset="utf-8" />
          <meta name="color-scheme" content="light dark" />
          <title>${subject}</title>
        </head>
        <body style="${body}">
          ${parts.map(formatted)}
        </body>
      </html> `.text,
  };
}
