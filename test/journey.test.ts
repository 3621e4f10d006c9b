import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import sharp from 'sharp';
import request from 'supertest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from '../tools/dev/install.mjs';
import { moment } from './harness/answers.js';
import { browser } from './clients/browser.js';
import { BrowserPage } from './harness/browser-page.js';
import type { Page, Post } from './harness/contract.js';
import { picturesFolder } from './harness/env.js';
import { asked, ready, unpack } from './harness/exports.js';
import { importOf } from './harness/imports.js';
import { patient } from './harness/pace.js';
import { signIn, signUp } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { proofOf } from './harness/second-factor.js';
import { startStack, type Stack } from './harness/stack.js';
import { VirtualAuthenticator } from './harness/virtual-authenticator.js';
import { mailsOf } from './harness/written-mails.js';

const NEXT = 'another one of hers entirely';
const folder = mkdtempSync(join(tmpdir(), 'narwhal-journey-'));
let stack: Stack;
let page: BrowserPage;
/** PUBLIC_URL: passkeys belong to a name, not to an address. */
let site: string;

beforeAll(async () => {
  if (!browser) return;
  stack = await startStack({ host: 'localhost', env: { INSTANCE_NAME: 'Lichtbilder' } });
  site = stack.url.replace('127.0.0.1', 'localhost');
  page = await BrowserPage.open();
  await page.look(360, 'light');
});
afterAll(async () => {
  page?.close();
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** For docs/accounts.md, where they are asked for: `JOURNEY_PICTURES=docs/pictures npm test -- test/journey.test.ts`. */
async function picture(name: string): Promise<void> {
  const to = picturesFolder();
  if (!to) return;
  const small = await sharp(await page.picture())
    .png({ palette: true, colours: 64 })
    .toBuffer();
  writeFileSync(join(root, to, `account-${name}.png`), small);
}

/** The newest mail, and then what its link opens. */
async function openMail(subject: string): Promise<void> {
  await stack.quiet();
  await page.goto(await mailsOf(stack));
  expect(await page.text()).toContain(subject);
  await page.follow('file=');
  if (subject.startsWith('Confirm')) await picture('mail');
  await page.follow('/account/');
}

/** What a person has at another Narwhal, once they have imported a zip there. */
async function importedElsewhere(zip: Buffer): Promise<Post[]> {
  const other = await startStack();
  try {
    const ada = await signUp(other, 'ada');
    const { id } = await importOf(other, ada, zip);
    const state = async () =>
      ((await ada.request('get', `/v1/me/imports/${id}`).expect(200)).body as { state: string }).state;
    await expect.poll(state, { timeout: patient(60_000) }).toBe('ready');
    const { body } = await ada.request('get', `/v1/users/${ada.id}/posts`).expect(200);
    return (body as Page<Post>).items;
  } finally {
    await other.stop();
  }
}

test.skipIf(!browser)('an account, from sign-up to its end', { timeout: patient(120_000) }, async () => {
  const ada = await signUp(stack, 'ada');
  await openMail('Confirm your address for Lichtbilder');
  await picture('verify');
  await page.submit();
  expect(await page.text()).toContain('Your address is confirmed');

  await page.goto(`${site}/account/forgot`);
  await page.submit({ login: 'ada@example.org' });
  await picture('forgot');
  await openMail('Reset your password for Lichtbilder');
  await page.submit({ password: 'password123' });
  expect(await page.text()).toContain('too easy to guess');
  await picture('reset');
  await page.submit({ password: NEXT });
  expect(await page.text()).toContain('Your password is changed');
  const back = await signIn(stack, 'ada', NEXT);
  expect((await back.request('get', '/v1/me').expect(200)).body).toMatchObject({ emailVerified: true });

  await back.post([await back.upload(await drawn())], { caption: 'Wrapped in fog' });
  await stack.quiet();
  const done = await ready(back, await asked(back, NEXT));
  await openMail('Your export from Lichtbilder is ready');
  await page.submit({ password: NEXT });
  expect(await page.text()).toContain('Your export is ready');
  await picture('export');
  await unpack(done.url, folder);
  await page.goto(pathToFileURL(join(folder, 'index.html')).href);
  expect(await page.text()).toContain('Wrapped in fog');
  await picture('exported');

  const zip = Buffer.from(await (await fetch(done.url)).arrayBuffer());
  expect(await importedElsewhere(zip)).toMatchObject([
    { caption: 'Wrapped in fog', takenAt: moment, photos: [{ state: 'ready' }] },
  ]);

  await page.goto(`${site}/account/forgot`);
  const device = await VirtualAuthenticator.plugInto(page);
  const proof = await proofOf(back, NEXT);
  const proven = (path: string, body?: object) =>
    back.request('post', path, body).set('Narwhal-Proof', proof);
  const options = await proven('/v1/me/passkeys/options').expect(200);
  const credential = await device.create(options.body as object);
  const made = await proven('/v1/me/passkeys', { name: 'Phone', credential }).expect(201);
  const [recoveryCode = ''] = (made.body as { recoveryCodes: string[] }).recoveryCodes;
  const asks = await request(stack.url).post('/v1/sessions/passkey/options').send({}).expect(200);
  const signed = { credential: await device.get(asks.body as object) };
  const { body } = await request(stack.url).post('/v1/sessions/passkey').send(signed).expect(201);
  expect(body).toMatchObject({ user: { id: ada.id } });

  await page.goto(`${site}/account/delete`);
  await picture('delete');
  await page.submit({ login: 'ada', password: NEXT });
  await page.submit({ login: 'ada', password: NEXT, factor: recoveryCode });
  expect(await page.text()).toContain('Your account is closed');
  await stack.eraseClosed();
  await request(stack.url).post('/v1/sessions').send({ login: 'ada', password: NEXT }).expect(401);
});
