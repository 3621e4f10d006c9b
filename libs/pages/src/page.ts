import { createHash } from 'node:crypto';
import { html, Html } from './html.js';
import { style } from './style.js';

/** Where the style sheet of people's pages is served. */
export const STYLE_PATH = '/account/style.css';

/** Nothing from elsewhere, no script at all; forms go back to where the page came from. */
const policyWith = (styles: string): string =>
  `default-src 'none'; style-src ${styles}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`;

/** Its address may hold a secret, which goes to no other site and stays in no cache. */
const headersWith = (styles: string): Readonly<Record<string, string>> => ({
  'content-security-policy': policyWith(styles),
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
});

/** Headers of every page. */
export const pageHeaders = headersWith("'self'");

/** Headers of a page on a listener that serves no style sheet beside it. */
export const inlinePageHeaders = headersWith(
  `'sha256-${createHash('sha256').update(style).digest('base64')}'`,
);

export interface Page {
  language: string;
  title: string;
  /** The instance's name, above the page. */
  instance: string;
  body: Html;
  /** Whether the style sheet is in the page, for `inlinePageHeaders`. */
  inline?: boolean;
}

const sheet = html`<link rel="stylesheet" href="${STYLE_PATH}" />`;
const inlineSheet = new Html(`<style>${style}</style>`);

export const page = ({ language, title, instance, body, inline = false }: Page): string =>
  html`<!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>${title} · ${instance}</title>
        ${inline ? inlineSheet : sheet}
      </head>
      <body>
        <header>${instance}</header>
        <main>
          <h1>${title}</h1>
          ${body}
        </main>
      </body>
    </html> `.text;

/** A sentence that a screen reader says at once. */
export const errorLine = (text: string): Html => html`<p class="error" role="alert" id="error">${text}</p>`;
