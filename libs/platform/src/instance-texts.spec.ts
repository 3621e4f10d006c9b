import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { InstanceTexts } from './instance-texts.js';

let folder: string;
const warnings: string[] = [];
const logger = { warn: (_: unknown, words: string) => warnings.push(words) } as never;
const write = (name: string, text: string) => writeFile(join(folder, name), text);
/** As a process that has just started sees them. */
const read = () => new InstanceTexts(folder, logger).current();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'narwhal-texts-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('a folder that is not there has no texts, and is no fault', async () => {
  expect(await new InstanceTexts(join(folder, 'none'), logger).current()).toEqual({});
  expect(warnings).toEqual([]);
});

test('a text has the version that it states, else one of its content; translations have none of their own', async () => {
  await write('terms.md', '---\r\nversion: 2026-12\r\nlanguage: fr\r\n---\r\nSoyez gentils.');
  await write('terms.de.md', '---\nversion: other\n---\nSeid nett.');
  await write('privacy.md', 'Nothing is sold.');
  await write('about.de.md', 'Nur deutsch.');
  await write('notes.txt', 'no text of the instance');
  const { terms, privacy, ...others } = await read();
  expect(terms?.version).toBe('2026-12');
  expect(Object.fromEntries(terms?.markdown ?? [])).toEqual({ fr: 'Soyez gentils.', de: 'Seid nett.' });
  expect(privacy).toMatchObject({ version: expect.stringMatching(/^[0-9a-f]{12}$/), language: 'en' });
  expect(others).toEqual({});
});

test('a changed file is read without a restart, and a file that cannot be read leaves what was read before', async () => {
  const texts = new InstanceTexts(folder, logger);
  expect(await texts.version('privacy')).not.toBeNull();
  await write('next', 'Nothing is sold, or given away.');
  await rename(join(folder, 'next'), join(folder, 'privacy.md'));
  const words = async () => (await texts.current()).privacy?.markdown.get('en');
  await expect.poll(words).toBe('Nothing is sold, or given away.');
  await rm(join(folder, 'privacy.md'));
  await mkdir(join(folder, 'privacy.md'));
  await expect.poll(async () => (await texts.current(), warnings.length > 0)).toBe(true);
  expect(await words()).toBe('Nothing is sold, or given away.');
});
