import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fleetCommand } from './harness/fleet-command.js';
import { fleetInstalled } from './harness/fleet.js';

const isRoot = process.getuid?.() === 0;
/** Replaces a file of the machine by another one, for the following command alone. */
const canPretend = isRoot && spawnSync('unshare', ['-m', 'true'], { stdio: 'ignore' }).status === 0;
const pretending = (file: string, other: string) => [
  'unshare',
  '-m',
  'sh',
  '-c',
  `mount --bind ${other} ${file} && exec "$@"`,
  'sh',
];

describe.skipIf(!fleetInstalled)('npm run fleet says what is wrong, and starts nothing, when', () => {
  let folder: string;
  const net = String(randomInt(20, 70));
  const start = (args: string[] = [], around: string[] = []) =>
    fleetCommand(folder, ['--net', net, ...args], around);
  const refused = async (
    said: Promise<{ code: number | null; text: string }>,
    ...parts: (string | RegExp)[]
  ) => {
    const { code, text } = await said;
    for (const part of parts) expect(text).toMatch(part);
    expect(text).not.toMatch(/^\s+at .*\.ts:\d+/m);
    expect(code).toBe(1);
  };
  const openssl = (...args: string[]) => spawnSync('openssl', args, { cwd: folder, stdio: 'ignore' });

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'narwhal-fleet-'));
    chmodSync(folder, 0o711);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('an address is taken: who has it, and other addresses', async () => {
    const server = createServer().listen(8443, `127.${net}.0.11`);
    await once(server, 'listening');
    await refused(
      start(),
      `127.${net}.0.11:8443 (haproxy-1) by `,
      `process ${process.pid}`,
      /--net \d+/,
      'Nothing was started',
    );
    server.close();
  });

  test('a certificate is none, without its key, of another key, expired, or for another name', async () => {
    const certificate = (name: string, ...args: string[]) =>
      openssl(
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-keyout',
        `${name}.key`,
        '-out',
        `${name}.pem`,
        ...args,
      );
    const san = ['-addext', 'subjectAltName=DNS:narwhal.test'];
    certificate('other', '-subj', '/CN=other.test', '-addext', 'subjectAltName=DNS:other.test');
    certificate('good', '-subj', '/CN=narwhal.test', ...san);
    const read = (...names: string[]) =>
      names.map((name) => readFileSync(join(folder, name), 'utf8')).join('');
    const cases: [text: string, says: string | RegExp][] = [
      ['hello', 'is none'],
      [read('good.pem'), 'without its private key'],
      [read('good.pem', 'other.key'), 'another key'],
      [read('other.pem', 'other.key'), /is not for narwhal\.test, but for DNS:other\.test/],
    ];
    for (const [text, says] of cases) {
      const file = join(folder, 'given.pem');
      writeFileSync(file, text);
      await refused(start(['--certificate', file]), says, file, 'Nothing was started');
    }
    await refused(start(['--certificate', '/nonexistent.pem']), 'cannot be read');
  });

  test('options or commands are none', async () => {
    await refused(start(['--api', '0']), 'expected 1-100 for --api but received "0"');
    const unknown = await start(['--frob']);
    expect(unknown.text).toMatch(/^expected one of --haproxy, .* but received "--frob"\n\nnpm run fleet /);
    expect(unknown.code).toBe(64);
    await refused(fleetCommand(folder, ['frob']), 'expected a command but received "frob"');
    await refused(fleetCommand(folder, ['kill', 'nginx-1']), `No fleet runs on ${folder}`, 'npm run fleet');
  });

  test.skipIf(!canPretend)('the machine has 1 GB free: how much is needed, and a smaller one', async () => {
    const small = join(folder, 'meminfo');
    writeFileSync(
      small,
      readFileSync('/proc/meminfo', 'utf8').replace(/^MemAvailable:.*$/m, 'MemAvailable:    1000000 kB'),
    );
    await refused(
      start([], pretending('/proc/meminfo', small)),
      /takes about \d\.\d GB of memory, and 1\.0 GB are free/,
      '--api 1',
      'Nothing was started',
    );
  });

  test.skipIf(!canPretend)(
    'a package is missing, and installing it takes rights that are not there',
    async () => {
      const own = join(folder, 'nobody');
      mkdirSync(own);
      chmodSync(own, 0o777);
      const [haproxy = ''] = spawnSync('which', ['haproxy'], { encoding: 'utf8' }).stdout.split('\n');
      const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--no-new-privs'];
      const said = fleetCommand(own, ['--net', net], [...pretending(haproxy, '/dev/null'), ...nobody]);
      await refused(said, 'needs haproxy', 'takes root', 'apt-get install haproxy');
    },
  );
});
