import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InstanceTexts } from '@app/platform';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { InstancePages } from './instance-pages.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'narwhal-pages-'));
});
afterAll(() => rm(folder, { recursive: true }));

const request = (language: string) => ({ headers: { 'accept-language': language } }) as never;
const config = { INSTANCE_NAME: '<Photos & "Friends">', CONTACT: 'https://photos.example/?a="&b=<i>' };
const pages = () => new InstancePages(config, new InstanceTexts(folder, { warn: () => undefined } as never));

test('names and contacts are text', async () => {
  await writeFile(join(folder, 'about.md'), 'Hello');
  const { page, status } = await pages().about(request('en'));
  expect(status).toBe(200);
  expect(page).toContain('href="https://photos.example/?a=&quot;&amp;b=&lt;i&gt;"');
  expect(page).not.toMatch(/<i>|<Photos|<script/);
});

test('a text is shown in the language that it is in, whatever its reader would prefer', async () => {
  await writeFile(join(folder, 'privacy.md'), '---\nlanguage: fr\n---\nRien.');
  await writeFile(join(folder, 'privacy.de.md'), 'Nichts.');
  const shown = async (language: string) => (await pages().text('privacy', request(language))).page;
  expect(await shown('en')).toMatch(/<html lang="fr">[^]*<h1>Privacy<[^]*Rien\./);
  expect(await shown('de, en;q=0.5')).toMatch(/<html lang="de">[^]*<h1>Datenschutz<[^]*Nichts\./);
});

test('a text that is not there is 404 in a language of ours', async () => {
  const { page, status } = await pages().text('terms', request('de'));
  expect([status, page.includes('Hier ist nichts')]).toEqual([404, true]);
});
