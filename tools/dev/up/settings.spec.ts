import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { readEnvironment } from '../env.ts';
import { publishedSettings, publishSettings, withdrawSettings } from './settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'narwhal-settings-'));
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

test('other commands learn where this Narwhal runs, also what only its environment says, until it has ended', () => {
  vi.stubEnv('NARWHAL_DATA', folder);
  vi.stubEnv('PORT', '4100');
  vi.stubEnv('S3_BUCKET', 'photos');
  vi.stubEnv('LOG_LEVEL', 'debug');
  publishSettings(readEnvironment(), { REDIS_URL: 'redis://127.0.0.1:6390' });
  const published = publishedSettings(folder);
  expect(published).toMatchObject({ PORT: '4100', S3_BUCKET: 'photos', REDIS_URL: 'redis://127.0.0.1:6390' });
  expect(published).not.toHaveProperty('LOG_LEVEL');
  withdrawSettings(folder);
  expect(publishedSettings(folder)).toBeUndefined();
});
