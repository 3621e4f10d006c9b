import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ConfigError, readConfig, readDatabaseUrls, readEdgeSettings } from './config.js';
import { sentinelsOf } from './queue/sentinel-url.js';

const folder = mkdtempSync(join(tmpdir(), 'narwhal-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = join(folder, 'database-url');
writeFileSync(file, 'postgres://ada:secret@db/narwhal\n');

function refusalOf(env: NodeJS.ProcessEnv): string {
  try {
    readDatabaseUrls(env);
    return '';
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

test('a setting may come from a file, without the line break at its end', () => {
  const { serving } = readDatabaseUrls({ DATABASE_URL_FILE: file, DATABASE_URL: '' });
  expect(serving).toBe('postgres://ada:secret@db/narwhal');
});

test('a setting that comes twice, and a file that cannot be read, are refused in a sentence each, without a secret', () => {
  const absent = join(folder, 'absent');
  const env = {
    DATABASE_URL: 'postgres://eve:other@db/narwhal',
    DATABASE_URL_FILE: file,
    DATABASE_DIRECT_URL_FILE: absent,
  };
  expect(refusalOf(env)).toBe(
    `the configuration has 2 problem(s):
  DATABASE_URL: expected it or DATABASE_URL_FILE, but both are set
  DATABASE_DIRECT_URL_FILE: expected a file that can be read but received "${absent}" (ENOENT)`,
  );
});

test('an empty file counts as not set', () => {
  const empty = join(folder, 'empty');
  writeFileSync(empty, '\n');
  expect(refusalOf({ DATABASE_URL_FILE: empty })).toContain(
    'DATABASE_URL: expected a value, but it is not set',
  );
});

test("a program reads no file of a setting that is not its own, since another user's may be closed to it", () => {
  const env = { MEDIA_KEYS: `a:${'0'.repeat(64)}`, TOKEN_KEYS_FILE: join(folder, 'absent') };
  expect(readEdgeSettings(env).MEDIA_KEYS).toHaveLength(1);
});

test('sentinels are part of the URLs that everybody connects by; a URL that names no primary is refused in a sentence', () => {
  const keyring = `a:${'0'.repeat(64)}`;
  const configured = (redis: NodeJS.ProcessEnv) =>
    readConfig({ DATABASE_URL: 'postgres://db/narwhal', TOKEN_KEYS: keyring, MEDIA_KEYS: keyring, ...redis });
  const sentinels = { REDIS_SENTINELS: 'api:p%40ss@one:26379,two:26380' };
  const { REDIS_URL, REDIS_QUEUE_URL = '' } = configured({
    ...sentinels,
    REDIS_URL: 'redis://narwhal:secret@main',
    REDIS_QUEUE_URL: 'rediss://queue/2',
  });
  const known = {
    sentinels: [
      { host: 'one', port: 26_379 },
      { host: 'two', port: 26_380 },
    ],
    sentinelUsername: 'api',
    sentinelPassword: 'p@ss',
  };
  expect(sentinelsOf(REDIS_URL)).toEqual({ name: 'main', ...known });
  expect(sentinelsOf(REDIS_QUEUE_URL)).toEqual({ name: 'queue', ...known });
  expect(REDIS_QUEUE_URL).toMatch(/^rediss\+sentinel:\/\/queue\/2\?/);
  const refused = (redis: NodeJS.ProcessEnv, words: RegExp) =>
    expect(() => configured({ ...sentinels, ...redis })).toThrow(words);
  refused(
    { REDIS_URL: 'redis+cluster://one:7000' },
    /REDIS_URL: .* received a cluster's, which fails over by itself$/,
  );
  refused(
    { REDIS_URL: 'redis://:secret@10.0.0.1:6379' },
    /the primary's name .* received a server's address$/,
  );
  refused(
    { REDIS_URL: 'redis://main', REDIS_SENTINELS: 'one' },
    /REDIS_SENTINELS: expected \[user:password@\]host:port/,
  );
});
