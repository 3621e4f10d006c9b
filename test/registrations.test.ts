import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refused } from './harness/answers.js';
import { patient } from './harness/pace.js';
import { PASSWORD, signUp } from './harness/people.js';
import { startStack, type Stack } from './harness/stack.js';

let stack: Stack;
let people = 0;

beforeAll(async () => {
  stack = await startStack({ env: { CONTACT: 'help@photos.example' } });
  await mkdir(stack.pages);
});
afterAll(() => stack.stop());

const write = (name: string, text: string) => writeFile(join(stack.pages, name), text);
const instance = async (url = stack.url, language = 'en') =>
  (await request(url).get('/v1/instance').set('Accept-Language', language).expect(200)).body as {
    terms: { version: string; url: string } | null;
  } & Record<string, unknown>;
const fields = (more: object = {}) => {
  const username = `somebody${(people += 1)}`;
  return { username, email: `${username}@example.org`, password: PASSWORD, ...more };
};
const ask = (body: object, url = stack.url) => request(url).post('/v1/users').send(body);

describe('terms', () => {
  const version = async (expected: string | null) =>
    expect
      .poll(async () => (await instance()).terms?.version ?? null, { timeout: patient(10_000) })
      .toBe(expected);

  test('are asked for at sign-up where there are some, in the version that holds', async () => {
    const before = await signUp(stack, 'before');
    expect(await instance()).toMatchObject({
      registrations: 'open',
      requires: { terms: false, minimumAge: 0 },
      terms: null,
      rules: [],
      contact: 'help@photos.example',
      pages: { about: null, terms: null, privacy: null },
    });
    await write('terms.md', '---\nversion: first\n---\n# Be kind\n\nAlways.');
    await version('first');
    const url = `${stack.url}/terms`;
    expect(await instance()).toMatchObject({
      requires: { terms: true },
      terms: { version: 'first', url },
      pages: { terms: url },
    });
    for (const more of [{}, { acceptedTerms: 'another' }])
      expect(refused(await ask(fields(more)), 422, 'terms_required')).toMatchObject({
        params: { version: 'first', url },
      });
    const made = await ask(fields({ acceptedTerms: 'first' })).expect(201);
    expect(made.body).toMatchObject({
      user: { terms: { version: 'first', acceptedAt: expect.any(String) as string } },
    });

    // Nobody who has an account is refused anything, and accepting is one request.
    const me = async () => (await before.request('get', '/v1/me').expect(200)).body as { terms: unknown };
    expect((await me()).terms).toBeNull();
    refused(await before.request('put', '/v1/me/terms', { version: 'older' }), 422, 'terms_required');
    await before.request('put', '/v1/me/terms', { version: 'first' }).expect(204);
    const accepted = (await me()).terms;
    expect(accepted).toMatchObject({ version: 'first' });
    await before.request('put', '/v1/me/terms', { version: 'first' }).expect(204);
    expect((await me()).terms).toEqual(accepted);
    await write('terms.md', '---\nversion: second\n---\nAlways, please.');
    await version('second');
    expect((await me()).terms).toEqual(accepted);
    refused(await ask(fields({ acceptedTerms: 'first' })), 422, 'terms_required');
    await rm(join(stack.pages, 'terms.md'));
    await version(null);
    await ask(fields()).expect(201);
  });
});

describe('the texts of an instance', () => {
  test('are pages in the reader’s language, of which nothing is code', async () => {
    await write('about.md', 'A place for **pictures**. <script>alert(1)</script>');
    await write('about.de.md', '# Wer wir sind\n\nEin Ort für Bilder.');
    await write('rules.md', '1. Be kind.\n2. No spam.');
    await write('rules.de.md', '1. Sei nett.\n2. Kein Spam.');
    const rules = async (language: string) => (await instance(stack.url, language))['rules'];
    await expect
      .poll(() => rules('de-AT'), { timeout: patient(10_000) })
      .toEqual([
        { id: '1', text: 'Sei nett.' },
        { id: '2', text: 'Kein Spam.' },
      ]);
    expect(await rules('fr')).toMatchObject([{ text: 'Be kind.' }, { text: 'No spam.' }]);
    const english = await request(stack.url).get('/about').expect(200);
    expect(english.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': expect.stringContaining("default-src 'none'") as string,
      vary: expect.stringContaining('Accept-Language') as string,
    });
    expect(english.text).toContain('<strong>pictures</strong>');
    expect(english.text).not.toContain('<script');
    expect(english.text).toContain('href="mailto:help@photos.example"');
    expect(english.text).toContain('<li>Be kind.</li>');
    const german = await request(stack.url).get('/about').set('Accept-Language', 'de').expect(200);
    expect(german.text).toContain('<html lang="de">');
    expect(german.text).toContain('<h1>Wer wir sind</h1>');
    expect(german.text).toContain('<li>Sei nett.</li>');
  });

  test('that are not there are 404, as a page', async () => {
    for (const path of ['/privacy', '/invite', '/invite?code=x']) {
      const { text, headers } = await request(stack.url).get(path).expect(404);
      expect(headers['content-type']).toBe('text/html; charset=utf-8');
      expect(text).toContain('<h1>');
    }
    refused(await request(stack.url).post('/privacy'), 405, 'method_not_allowed');
  });
});

test('a minimum age is checked in whole years, and the birth date is stored nowhere', async () => {
  const { url } = await stack.guest({ MINIMUM_AGE: '16' });
  expect(await instance(url)).toMatchObject({ requires: { minimumAge: 16 } });
  const [year, ...rest] = new Date().toISOString().slice(0, 10).split('-');
  const birthday = (years: number) => [Number(year) - years, ...rest].join('-').replace('02-29', '02-28');
  const missing = refused(await ask(fields(), url), 422, 'validation_failed');
  expect(missing).toMatchObject({ errors: [{ pointer: '/birthDate', code: 'required' }] });
  for (const birthDate of ['1990', '1990-02-30', '2990-01-01', '1066-10-14'])
    expect(refused(await ask(fields({ birthDate }), url), 422, 'validation_failed')).toMatchObject({
      errors: [{ pointer: '/birthDate', code: 'wrong_format' }],
    });
  expect(refused(await ask(fields({ birthDate: birthday(15) }), url), 422, 'too_young')).toMatchObject({
    params: { minimumAge: 16 },
  });
  const birthDate = birthday(17);
  const { body } = await ask(fields({ birthDate }), url).set('Idempotency-Key', randomUUID()).expect(201);
  const { id } = (body as { user: { id: string } }).user;
  const [row] = await stack.database.query('SELECT * FROM users WHERE id = $1', [id]);
  expect(row).toMatchObject({ age_checked: 16 });
  for (const table of ['users', 'audit_events', 'idempotency_keys', 'outbox'])
    expect(
      await stack.database.query(`SELECT FROM ${table} t WHERE t::text LIKE '%' || $1 || '%'`, [birthDate]),
    ).toEqual([]);
});
