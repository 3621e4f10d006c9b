import { expect, test } from 'vitest';
import { renderMail } from '../mail.js';
import { languageOf } from './languages.js';

test.each([
  [undefined, 'en'],
  ['', 'en'],
  ['de', 'de'],
  ['de-AT,de;q=0.9,en;q=0.8', 'de'],
  ['fr, en;q=0.2, de;q=0.5', 'de'],
  ['en-GB, de', 'en'],
  ['de;q=0, en', 'en'],
  ['tlh', 'en'],
  ['*', 'en'],
  [',;=q,'.repeat(5_000), 'en'],
])('Accept-Language: %s is answered in %s', (accepted, language) => {
  expect(languageOf(accepted)).toBe(language);
});

const facts = {
  instance: 'Photos <b>',
  username: 'ada',
  link: 'https://photos.example/account/reset?token=1.a&b',
  code: '04213786',
  minutes: 17,
  note: null,
};

test.each(['en', 'de', 'de-AT'])(
  'a mail in %s says the same as text and as HTML, and loads nothing',
  (language) => {
    const { subject, text, html } = renderMail('reset', language, facts);
    expect(subject).toContain(facts.instance);
    for (const fact of Object.values(facts).filter((one) => one !== null))
      expect(text).toContain(String(fact));
    expect(html).toContain('href="https://photos.example/account/reset?token=1.a&amp;b"');
    expect(html).toContain('Photos &lt;b&gt;');
    expect(html).not.toMatch(/<b>|<img|<script|src=|url\(/);
  },
);
