import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '@app/platform';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../../test/harness/database.js';
import { freshRedis } from '../../../../test/harness/redis.js';
import { certificate, patroni, strangeSettings } from './machine.js';
import { disks, postgres, redis } from './stores.js';

let folder: string;
let current: TestDatabase;
let empty: TestDatabase;
let redisUrl: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'narwhal-doctor-'));
  [current, empty] = await Promise.all([freshDatabase(), freshDatabase('empty')]);
  redisUrl = await freshRedis();
});
afterAll(async () => {
  await Promise.all([current.close(), empty.close(), rm(folder, { recursive: true })]);
});

const keyring = `spec:${'5'.repeat(64)}`;
const configured = (settings: Record<string, string> = {}) =>
  readConfig({
    DATABASE_URL: current.url,
    REDIS_URL: redisUrl,
    TOKEN_KEYS: keyring,
    MEDIA_KEYS: keyring,
    STORAGE_DIR: folder,
    ...settings,
  });

test('a database that is not migrated says which command migrates it', async () => {
  expect(await postgres(configured())).toMatchObject([{ level: 'ok' }]);
  expect(await postgres(configured({ DATABASE_URL: empty.url }))).toMatchObject([
    { level: 'ok' },
    { level: 'fault', text: expect.stringContaining('run "npm run migrate"') as string },
  ]);
});

test('a Redis that is not there is named by its setting, beside the one that is', async () => {
  const found = await redis(configured({ REDIS_QUEUE_URL: 'redis://127.0.0.1:1' }));
  expect(found.map(({ level }) => level)).toEqual(['ok', 'fault']);
  expect(found[1]?.text).toMatch(
    /does not listen at 127\.0\.0\.1:1: start it there, or correct REDIS_QUEUE_URL/,
  );
});

test('a folder that does not exist yet is judged by the one that will hold it', async () => {
  const [found] = await disks(configured({ STORAGE_DIR: join(folder, 'not', 'yet') }));
  expect(found?.text).toContain('GiB of');
  const file = join(folder, 'file');
  await writeFile(file, '');
  expect(await disks(configured({ STORAGE_DIR: join(file, 'objects') }))).toMatchObject([{ level: 'fault' }]);
});

test('a misspelt setting is found, once', async () => {
  const file = join(folder, 'local.env');
  await writeFile(file, 'S3_BUKET=a\n# PORTT=1\nPORT=1\nS3_BUCKET_FILE=/b\nS3_BUKET=c\nNODE_OPTIONS=\n');
  expect((await strangeSettings(file)).map(({ text }) => text)).toEqual([
    `Nothing reads S3_BUKET in ${file}: correct its name, or remove the line.`,
  ]);
  expect(await strangeSettings(join(folder, 'none.env'))).toEqual([]);
});

test('a Patroni that loses confirmed writes by etcd3 is a fault, and a newer one, or etcd, is none', async () => {
  const settings = join(folder, 'patroni');
  await mkdir(settings);
  const written = (text: string) => writeFile(join(settings, 'narwhal.yml'), text);
  await written('scope: narwhal\netcd3:\n  hosts: [10.0.1.11:2379]\n');
  for (const release of ['3.0.2-1', '2.1.4'])
    expect(await patroni(settings, release)).toMatchObject([
      { level: 'fault', text: expect.stringContaining('loses confirmed writes') as string },
    ]);
  for (const release of ['3.0.3', '3.2.2-2', '4.0.0']) expect(await patroni(settings, release)).toEqual([]);
  await written('{ "scope": "narwhal",\n  "etcd": { "hosts": ["10.0.1.11:2379"] } }');
  expect(await patroni(settings, '3.0.2-1')).toEqual([]);
});

test('a certificate that nearly ends, or has ended, says how to renew it', async () => {
  const file = join(folder, 'certificate.pem');
  const lasting = async (days: number) => {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', '/dev/null'];
    const args = ['req', '-x509', ...key, '-subj', '/CN=narwhal.test', '-days', String(days), '-out', file];
    execFileSync('openssl', args, { stdio: 'ignore' });
    return certificate(file);
  };
  expect(await lasting(90)).toMatchObject([{ level: 'ok' }]);
  expect(await lasting(13)).toEqual([
    {
      level: 'warning',
      text: expect.stringMatching(/ends in 1[23] days: "sudo certbot renew" says why/) as string,
    },
  ]);
  vi.useFakeTimers({ now: Date.now() + 14 * 86_400_000, toFake: ['Date'] });
  expect(await certificate(file)).toMatchObject([
    { level: 'fault', text: expect.stringContaining('ended on') as string },
  ]);
  vi.useRealTimers();
  expect(await certificate(join(folder, 'none.pem'))).toEqual([]);
});
