import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { browser } from './clients/browser.js';
import { admin } from './harness/admin-command.js';
import { BrowserPage } from './harness/browser-page.js';
import { asked, ready, unpack } from './harness/exports.js';
import { PASSWORD, signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { setTotp } from './harness/second-factor.js';
import { startStack, type Stack } from './harness/stack.js';
import { mailsOf, mailTo } from './harness/written-mails.js';

const folder = mkdtempSync(join(tmpdir(), 'narwhal-pages-'));
let stack: Stack;
let page: BrowserPage;
let ada: Person;

beforeAll(async () => {
  if (!browser) return;
  stack = await startStack();
  await mkdir(stack.pages, { recursive: true });
  for (const text of ['about', 'terms', 'privacy'])
    writeFileSync(
      join(stack.pages, `${text}.md`),
      `# Of ${text}\n\n- one\n- [two](/terms)\n\n> three\n\n\`four\`\n`,
    );
  page = await BrowserPage.open();
  ada = await signUp(stack, 'ada', { acceptedTerms: await termsOf(stack) });
});
afterAll(async () => {
  page?.close();
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function termsOf({ url }: Stack): Promise<string> {
  const answer = await fetch(`${url}/v1/instance`);
  return ((await answer.json()) as { terms: { version: string } }).terms.version;
}

/** What axe finds wrong with the page that is open, on a phone and a desktop, in light and dark. */
async function faults(): Promise<string[]> {
  const found: string[] = [];
  for (const width of [360, 1_280])
    for (const scheme of ['light', 'dark'] as const) {
      await page.look(width, scheme);
      const rules = (await page.evaluate(
        `${axe.source}; axe.run({ preload: false }).then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')))`,
      )) as string[];
      const isWide = (await page.evaluate('document.documentElement.scrollWidth > innerWidth')) as boolean;
      const where = `${String(await page.evaluate('location.pathname'))} (${width}, ${scheme})`;
      found.push(
        ...[...rules, ...(isWide ? ['wider than the screen'] : [])].map((rule) => `${where} ${rule}`),
      );
    }
  return found;
}
const linkTo = async (kind: string) => /https?:\S+/.exec(await mailTo(stack, ada.id, kind))?.[0] ?? '';

test.skipIf(!browser)('a page with faults is told from others', async () => {
  await page.goto(
    'data:text/html,<p style="color:%23ccc">pale</p><img src="x"><input><p style="width:2000px">wide',
  );
  expect((await faults()).join(' ')).toMatch(/color-contrast.*image-alt.*label.*wider than/s);
});

test.skipIf(!browser)(
  'the pages of forgotten passwords, addresses and leaving have no fault that axe finds',
  async () => {
    const found: string[] = [];
    const look = async () => found.push(...(await faults()));
    for (const path of ['forgot', 'reset?token=1', 'verify?token=1', 'export?token=1', 'delete']) {
      await page.goto(`${stack.url}/account/${path}`);
      await look();
    }
    await page.submit({ login: 'ada', password: 'wrong' });
    await look();
    await page.goto(`${stack.url}/account/forgot`);
    await page.submit({ login: 'ada' });
    await look();
    await page.goto(await linkTo('reset'));
    await look();
    await page.submit({ password: 'aaaaaaaaaaaa' });
    await look();
    await page.goto(await linkTo('verify'));
    await look();
    await page.submit();
    await look();
    await setTotp(ada);
    await admin(stack, 'remove-second-factor', 'ada');
    await page.goto(await linkTo('factors_removal'));
    await look();
    await page.submit();
    await look();
    await page.goto(`${stack.url}/account/delete`);
    await page.submit({ login: 'ada', password: PASSWORD });
    await look();
    expect(found).toEqual([]);
  },
);

test.skipIf(!browser)('nor have those of the instance, its operators, mails and exports', async () => {
  const found: string[] = [];
  for (const path of ['/about', '/terms', '/privacy', '/invite?code=none']) {
    await page.goto(`${stack.url}${path}`);
    found.push(...(await faults()));
  }
  for (const link of [
    await mailsOf(stack),
    await admin(stack, 'health-link'),
    await admin(stack, 'invite'),
  ]) {
    await page.goto(link);
    found.push(...(await faults()));
  }
  await page.goto(await mailsOf(stack));
  await page.follow('file=');
  found.push(...(await faults()));
  const grace = await signUp(stack, 'grace', { acceptedTerms: await termsOf(stack) });
  await grace.post([await grace.upload(await drawn())], { caption: 'Wrapped in fog' });
  await stack.quiet();
  const { url } = await ready(grace, await asked(grace));
  await page.goto(await linkOf(grace));
  found.push(...(await faults()));
  await page.submit({ password: 'wrong' });
  found.push(...(await faults()));
  await page.submit({ password: PASSWORD });
  found.push(...(await faults()));
  await unpack(url, folder);
  await page.goto(pathToFileURL(join(folder, 'index.html')).href);
  found.push(...(await faults()));
  expect(found).toEqual([]);
});

const linkOf = async ({ id }: Person) => /https?:\S+/.exec(await mailTo(stack, id, 'export'))?.[0] ?? '';
