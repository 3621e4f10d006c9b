import { expect, test } from 'vitest';
import { AccountPages } from './account-pages.js';
import { fieldsOf, isOwnForm } from './forms.js';

const english = new AccountPages('<Photos & "Friends">', 'en');

test('whatever stands in a page is text: names and tokens add no element and no attribute', () => {
  const { page } = english.reset('1.a"><script>alert(1)</script>', 'weak');
  expect(page).not.toContain('<script');
  expect(page).toContain('value="1.a&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"');
  expect(page).toContain('&lt;Photos &amp; &quot;Friends&quot;&gt;');
});

test('each page has one heading and its language, each field its label, and a fault is announced and pointed at', () => {
  const german = new AccountPages('Fotos', 'de');
  for (const { page } of [german.forgot(true), german.reset('1.a', 'long'), german.done(), german.used()]) {
    expect(page).toContain('<html lang="de">');
    expect(page.match(/<h1>/g)).toHaveLength(1);
  }
  for (const { page } of [german.forgot(true), german.reset('1.a', 'long')]) {
    const [, id = ''] = /<input\s+id="(\w+)"/.exec(page) ?? [];
    expect(page).toContain(`<label for="${id}">`);
    expect(page).toMatch(/role="alert" id="error"/);
    expect(page).toMatch(/aria-invalid="true"/);
    expect(page).toMatch(/aria-describedby="error/);
  }
});

test('no page loads or runs anything but its style sheet', () => {
  for (const { page } of [
    english.forgot(),
    english.asked(),
    english.reset('1.a'),
    english.refused('busy', 503),
  ])
    expect(page).not.toMatch(/<script|style=|<img|https?:/);
});

test.each([
  [{}, true],
  [{ origin: 'https://photos.example' }, true],
  [{ origin: 'null' }, true],
  [{ origin: 'null', 'sec-fetch-site': 'same-origin' }, true],
  [{ origin: 'null', 'sec-fetch-site': 'cross-site' }, false],
  [{ 'sec-fetch-site': 'same-site' }, false],
  [{ origin: 'https://evil.example' }, false],
] as const)('a form with %j is ours: %s', (headers, isOurs) => {
  expect(isOwnForm({ headers }, 'https://photos.example/')).toBe(isOurs);
});

test('fields are the form’s, of a page that is read the address’s', () => {
  expect(fieldsOf({ method: 'POST', body: 'login=a%26b&login=c+d', url: '/?login=e' })).toEqual({
    login: 'c d',
  });
  expect(fieldsOf({ method: 'POST', body: { login: 'a' }, url: '/?login=e' })).toEqual({});
  expect(fieldsOf({ method: 'GET', body: undefined, url: '/account/reset?token=1.a' })).toEqual({
    token: '1.a',
  });
});
