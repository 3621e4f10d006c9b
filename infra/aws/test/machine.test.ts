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
import { readConfig, settingNames } from '../../../libs/platform/src/config.ts';
import type { agentConfiguration } from '../lib/agent.ts';
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
  secrets: {
    database: 'db',
    databaseRole: 'role',
    tokenKeys: 'tokens',
    mediaKeys: 'media',
    redisPassword: 'redis',
  },
};

/** The lines that a new machine writes into local.env. */
function localEnvFor(changes: Record<string, unknown> = {}) {
  fakeAws({
    db: '{"username":"narwhal","password":"p^w=1-2"}',
    role: '{"username":"narwhal_serving","password":"s3Cr"}',
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
  const lines = text.trim().split('\n');
  return Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2))) as Record<string, string>;
}

/** The same as the application reads it. */
const settingsFor = (changes?: Record<string, unknown>) => readConfig(localEnvFor(changes));

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
      'narwhal_serving',
      's3Cr',
      'pool.example:5432',
    ]);
    const direct = new URL(config.DATABASE_DIRECT_URL ?? '');
    expect([direct.username, decodeURIComponent(direct.password)]).toEqual(['narwhal', 'p^w=1-2']);
    expect(direct.href).toContain('@primary.example:5432/narwhal?sslmode=verify-full&sslrootcert=');
  });

  test('is told nothing that the application has no setting for', () => {
    const names = Object.keys(localEnvFor({ redisCluster: true, redisQueue: 'queue.example:6379' }));
    expect(names.length).toBeGreaterThan(12);
    expect(names.filter((name) => !settingNames.has(name.replace(/_FILE$/, '')))).toEqual([]);
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

/** The commands of each kind of machine, with what only a deployment knows left out. */
function userData(): Record<'web' | 'worker', string> {
  const { main } = narwhal({ outdir: join(folder, 'cdk.out') });
  const templates = Object.values(Template.fromStack(main).findResources('AWS::EC2::LaunchTemplate'));
  const texts = templates.map(({ Properties }) => {
    const { UserData } = Properties.LaunchTemplateData as {
      UserData: { 'Fn::Base64': { 'Fn::Join': [string, unknown[]] } };
    };
    const [, parts] = UserData['Fn::Base64']['Fn::Join'];
    return parts.map((part) => (typeof part === 'string' ? part : 'reference')).join('');
  });
  const of = (role: string) => texts.find((text) => text.includes(`narwhal setup ${role}\n`)) ?? '';
  return { web: of('web'), worker: of('worker') };
}

describe('what a machine runs', () => {
  test.each(['web', 'worker'] as const)('installs the package and its logs before it serves: %s', (role) => {
    const text = userData()[role];
    const steps = [
      'aws s3 cp --only-show-errors s3://reference/narwhal_0.1.0_amd64.deb',
      '/var/tmp/narwhal_0.1.0_amd64.deb\n',
      '> /etc/narwhal/local.env',
      'amazon-cloudwatch-agent-ctl -a fetch-config',
      `narwhal setup ${role}\n`,
      'signal SUCCESS',
    ].map((step) => text.indexOf(step));
    expect(steps.every((at) => at >= 0)).toBe(true);
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    expect(text).toContain("trap 'signal FAILURE || true; shutdown -h +10");
    expect(text.includes("echo '--trust reference' >> /etc/narwhal/nginx.options")).toBe(role === 'web');
  });

  test.each(['web', 'worker'] as const)('tells the agent which logs are to go where: %s', (role) => {
    const [, text = ''] = /agent\.json <<'END_OF_FILE'\n([^]*?)\nEND_OF_FILE/.exec(userData()[role]) ?? [];
    const { logs, metrics } = JSON.parse(text) as ReturnType<typeof agentConfiguration> & {
      logs: { logs_collected: { files: { collect_list: { file_path: string; log_group_name: string }[] } } };
      metrics: { namespace: string; metrics_collected: Record<string, unknown> };
    };
    const files = logs.logs_collected.files.collect_list;
    expect(files.map(({ file_path }) => file_path)).toContain('/var/log/narwhal.log');
    expect(files.every(({ log_group_name }) => log_group_name === 'reference')).toBe(true);
    expect(metrics).toMatchObject({ namespace: 'Narwhal', metrics_collected: { mem: {}, disk: {} } });
    // rsyslog looks for the names that the units give themselves.
    const unit = (name: string) =>
      readFileSync(new URL(`../../ubuntu/root/usr/lib/systemd/system/${name}`, import.meta.url), 'utf8');
    expect(unit(`narwhal-${role === 'web' ? 'api' : 'worker'}@.service`)).toMatch(
      /^SyslogIdentifier=narwhal-/m,
    );
    expect(userData()[role]).toContain("if $programname startswith 'narwhal'");
  });
});

describe('the keyring at the edge', () => {
  const ring = `k2:${hex},k1:${hex}`;
  /** A key value store that keeps what it is given in a folder, and refuses the first writer's tag once. */
  function fakeStore(refusals: number): void {
    const text = `#!/bin/sh
operation=$2; shift 2
while [ $# -gt 0 ]; do case $1 in --key) key=$2 ;; --value) value=$2 ;; esac; shift; done
case $operation in
  get-key) cat ${folder}/kv-$key ;;
  describe-key-value-store) echo tag ;;
  put-key)
    echo x >> ${folder}/writes
    [ "$(wc -l < ${folder}/writes)" -gt ${refusals} ] || exit 254
    printf '%s\\n' "$value" > ${folder}/kv-$key ;;
esac
`;
    writeFileSync(join(folder, 'aws'), text);
    chmodSync(join(folder, 'aws'), 0o755);
    for (const name of ['kv-k1', 'kv-k2', 'writes']) rmSync(join(folder, name), { force: true });
    writeFileSync(join(folder, 'writes'), '');
  }
  const tell = () =>
    execFileSync('sh', [script('media-keys.sh'), 'arn:store'], { env: path, input: ring, stdio: 'pipe' });
  const kept = (id: string) => readFileSync(join(folder, `kv-${id}`), 'utf8').trim();

  test('is given every key once, also when another machine was quicker', () => {
    fakeStore(1);
    tell();
    expect([kept('k1'), kept('k2')]).toEqual([hex, hex]);
    const writes = readFileSync(join(folder, 'writes'), 'utf8');
    tell();
    expect(readFileSync(join(folder, 'writes'), 'utf8')).toBe(writes);
  });

  test('fails a machine whose keys it does not take', () => {
    fakeStore(99);
    expect(tell).toThrow('CloudFront did not take the media key k2');
  }, 40_000);
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
