import { afterEach, expect, test, vi } from 'vitest';
import { freshDatabase } from '../../../../test/harness/database.js';
import { run } from './backup.js';
import { targetOf } from './backup-tool.js';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

test('a backup that is refused is told in a sentence, and recorded for operators', async () => {
  const database = await freshDatabase();
  vi.stubEnv('DATABASE_URL', database.operatorUrl);
  vi.stubEnv('BACKUP_REPOSITORY', 'pgbackrest:narwhal');
  let said = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
  expect(await run([])).toBe(1);
  const [row] = await database.query<{ kind: string; good: boolean; sentence: string }>(
    'SELECT kind, good, sentence FROM backups',
  );
  // That it is not installed, or what it found.
  expect(said).toMatch(/^.*pgbackrest.*\n$/i);
  expect(row).toEqual({ kind: 'backup', good: false, sentence: said.trim() });
  await database.close();
});

test('a time to restore to names its zone', () => {
  expect(targetOf('latest')).toBe('latest');
  expect(targetOf('2026-11-30T08:00:00+01:00')).toEqual(new Date('2026-11-30T07:00:00Z'));
  for (const wrong of [undefined, 'yesterday', '2026-11-30', '2026-11-30T08:00:00', '2026-13-30T08:00:00Z'])
    expect(() => targetOf(wrong)).toThrow(/^expected --to latest or a time/);
});
