import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll, describe, expect, test } from 'vitest';
import { readConfig } from '../../../libs/platform/src/config.ts';
import { narwhal } from '../lib/app.ts';

const folder = mkdtempSync(join(tmpdir(), 'narwhal-machine-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = { PATH: `${folder}:/usr/bin:/bin` };
const script = (name: string) => fileURLToPath(new URL(`../machine/${name}`, import.meta.url));

/** An `aws` that answers with these secrets, and writes down what it was asked. */
function fakeAws(secrets: Record<string, string>): void {
  const cases = Object.entries(secrets).map(
    ([id, value]) => `*' --secret-id ${id} '*) printf '%s\\n' '${value}' ;;`,
  );
  const text = `#!/bin/sh\necho "$*" >> ${folder}/asked\ncase " $* " in\n${cases.join('\n')}\n*) exit 0 ;;\nesac\n`;
  writeFileSync(join(folder, 'aws'), text);
  chmodSync(join(folder, 'aws'), 0o755);
}

const hex = 'ab'.repeat(32);
const plan = {
  region: 'us-east-1',
  domain: 'photos.example.org',
  mediaDomain: 'media.photos.example.org',
  bucket: 'photos-bucket',
  poolHost: 'pool.example',
  primaryHost: 'primary.example',
  redis: 'redis.example:6379',
  redisCluster: false,
  secrets: { database: 'db', tokenKeys: 'tokens', mediaKeys: 'media', redisPassword: 'redis' },
};

/** What the settings of a new machine are, as the application reads them. */
function settingsFor(changes: Record<string, unknown> = {}) {
  fakeAws({
    db: '{"username":"narwhal","password":"p^w=1-2"}',
    tokens: `{"k1":"${hex}"}`,
    media: `{"k2":"${hex}","k1":"${hex}"}`,
    redis: 'aQ9',
  });
  const file = join(folder, 'plan.json');
  writeFileSync(file, JSON.stringify({ ...plan, ...changes }));
  const text = execFileSync(process.execPath, [script('settings.mjs'), file], {
    env: path,
    encoding: 'utf8',
  });
  return readConfig(
    Object.fromEntries(
      text
        .trim()
        .split('\n')
        .map((line) => line.split(/=(.*)/s).slice(0, 2)),
    ),
  );
}

describe('a new machine', () => {
  test('is told where everything is, in words that the application understands', () => {
    const config = settingsFor();
    expect(config).toMatchObject({
      publicUrl: 'https://photos.example.org',
      mediaUrl: 'https://media.photos.example.org',
      S3_BUCKET: 'photos-bucket',
      S3_FORCE_PATH_STYLE: false,
      REDIS_URL: 'rediss://:aQ9@redis.example:6379',
      TOKEN_KEYS: [{ id: 'k1', secret: hex }],
      MEDIA_KEYS: [
        { id: 'k2', secret: hex },
        { id: 'k1', secret: hex },
      ],
    });
    const pool = new URL(config.DATABASE_URL);
    expect([pool.username, decodeURIComponent(pool.password), pool.host]).toEqual([
      'narwhal',
      'p^w=1-2',
      'pool.example:5432',
    ]);
    expect(config.DATABASE_DIRECT_URL).toContain(
      '@primary.example:5432/narwhal?sslmode=verify-full&sslrootcert=',
    );
  });

  test('finds the shards and the queue of a cluster', () => {
    const config = settingsFor({ redisCluster: true, redisQueue: 'queue.example:6379' });
    expect(config.REDIS_URL).toBe('rediss+cluster://:aQ9@redis.example:6379');
    expect(config.REDIS_QUEUE_URL).toBe('rediss://:aQ9@queue.example:6379');
  });

  test('runs commands that bash understands, and no secret is among them', () => {
    const { app, main } = narwhal({ outdir: join(folder, 'cdk.out') });
    const templates = Object.values(Template.fromStack(main).findResources('AWS::EC2::LaunchTemplate'));
    expect(templates).toHaveLength(2);
    for (const { Properties } of templates) {
      const { UserData } = Properties.LaunchTemplateData as {
        UserData: { 'Fn::Base64': { 'Fn::Join': [string, unknown[]] } };
      };
      const [, parts] = UserData['Fn::Base64']['Fn::Join'];
      const text = parts.map((part) => (typeof part === 'string' ? part : 'reference')).join('');
      execFileSync('bash', ['-n'], { input: text });
      expect(text).toMatch(/narwhal setup (web|worker)\n/);
      expect(JSON.stringify(UserData)).not.toContain('resolve:secretsmanager');
    }
    expect(app.node.findAll().length).toBeGreaterThan(200);
  });
});

async function tellAge(metrics: string): Promise<string> {
  fakeAws({});
  rmSync(join(folder, 'asked'), { force: true });
  const server = createServer((_, response) => response.end(metrics)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
  await promisify(execFile)(script('queue-age.sh'), ['us-east-1', url], { env: path }).finally(() =>
    server.close(),
  );
  return readFileSync(join(folder, 'asked'), { encoding: 'utf8', flag: 'a+' });
}

describe('a worker', () => {
  test('tells CloudWatch the age of the oldest work', async () => {
    const asked = await tellAge(
      '# HELP narwhal_pending_age_seconds x\nnarwhal_pending_age_seconds{kind="photo"} 4.5\nnarwhal_pending_age_seconds{kind="post"} 31\n',
    );
    expect(asked).toContain('--metric-name OldestPending --unit Seconds --value 31');
  });

  test('tells nothing while PostgreSQL is away and nobody knows', async () => {
    expect(await tellAge('# HELP narwhal_pending_age_seconds x\nprocess_cpu 1\n')).toBe('');
  });
});
