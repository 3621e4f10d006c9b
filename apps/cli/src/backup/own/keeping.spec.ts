import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRepository } from '@app/storage/backups';
import { readStorageSettings } from '@app/platform';
import { begin, isDue } from './keeping.js';
import type { Stored } from './stored.js';

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'narwhal-keeping-'))));
afterAll(() => rm(folder, { recursive: true }));

test('a place in a repository is made once, and again only in another repository', async () => {
  const cluster = { system: '1', spool: join(folder, 'postgres', 'archive') };
  await mkdir(join(folder, 'postgres'));
  const settings = readStorageSettings({ DATABASE_URL: 'postgres://nobody' });
  const begun = async (name: string): Promise<string[]> => {
    const place = `file:${join(folder, name)}`;
    await begin(await openRepository(place, settings), place, cluster);
    return readdir(join(folder, name)).catch(() => []);
  };
  expect(await begun('one')).toEqual(['1']);
  await rm(join(folder, 'one'), { recursive: true });
  expect(await begun('one')).toEqual([]);
  expect(await begun('two')).toEqual(['1']);
  expect(await begun('one')).toEqual(['1']);
});

test('a backup is due a day after the newest, and at once on another timeline or after one of the future', () => {
  const now = Date.parse('2026-11-30T12:00:00Z');
  const made = (hours: number, from = '000000010000000000000001') =>
    ({ endedAt: new Date(now - hours * 3_600_000), from }) as Stored;
  const due = (...own: Stored[]) => isDue(own, '00000001', now);
  expect(due()).toBe(true);
  expect(due(made(30), made(23))).toBe(false);
  expect(due(made(30), made(24))).toBe(true);
  expect(due(made(1, '000000020000000000000001'))).toBe(true);
  expect(due(made(25), made(-100))).toBe(true);
  expect(due(made(1), made(-100))).toBe(false);
});
