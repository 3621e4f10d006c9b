import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../../scripts/install.mjs';
import { makePackage } from '../../scripts/package/package.ts';
import { drawn } from '../harness/pictures.js';
import { Guest, whyNot } from './guest.js';

const reason = whyNot();
if (reason) console.warn(`The tests of a booted machine are skipped: ${reason}`);

/** Two releases of this very build. */
const [first, second] = ['0.1.0', '0.2.0'];
const client = join(root, 'test', 'machine', 'client.ts');
const measured: Record<string, string> = {};

let guest: Guest;
let packages: string;

/** Waits for the end of a client, and for the JSON that it printed last. */
async function lastLine<Answer>(child: ChildProcess): Promise<Answer> {
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await new Promise((resolve) => child.once('close', resolve));
  return JSON.parse(text.trim().split('\n').at(-1) ?? '') as Answer;
}

async function started(child: ChildProcess): Promise<void> {
  await new Promise<void>((resolve) => child.stdout?.once('data', () => resolve()));
}

const seconds = (from: number): string => `${((performance.now() - from) / 1000).toFixed(1)} s`;

async function addPackage(version: string): Promise<string> {
  const file = await makePackage({ version, output: packages, compression: 'quick' });
  copyFileSync(file, join(guest.root, 'var/tmp', basename(file)));
  return `/var/tmp/${basename(file)}`;
}

/** A file that cloud-init would write. */
function cloudFile(path: string): string {
  const config = readFileSync(join(root, 'infra/ubuntu/cloud-init.yaml'), 'utf8');
  const [, block = ''] =
    new RegExp(`- path: ${path}\n.*\n    content: \\|\n((?: {6}.*\n|\n)+)`).exec(config) ?? [];
  return block.replace(/^ {6}/gm, '');
}

interface Shown {
  state: string;
  inFeed: boolean;
  picture: number;
  type: string;
  server: string;
  token: string;
  post: string;
}

interface Load {
  requests: number;
  reads: number;
  writes: number;
  failures: string[];
  slowest: number;
}

describe.skipIf(reason)('a bare machine', () => {
  let shown: Shown;
  let before: string;
  let paths: { first: string; second: string };

  beforeAll(async () => {
    packages = mkdtempSync(join(tmpdir(), 'narwhal-packages-'));
    const begun = performance.now();
    guest = await Guest.create('http://deb.debian.org/debian');
    measured['debootstrap'] = seconds(begun);
    await guest.boot();
    paths = { first: await addPackage(first), second: await addPackage(second) };
    before = traces();
  });

  afterAll(async () => {
    await guest?.stop();
    if (packages) rmSync(packages, { recursive: true });
    console.table(measured);
  });

  /** Everything of Narwhal that a machine could keep. */
  function traces(): string {
    const folders = ['etc', 'usr', 'var/lib', 'var/cache', 'run', 'lib/systemd'];
    const found = folders.flatMap((folder) =>
      readdirSync(join(guest.root, folder), { recursive: true })
        .map(String)
        .filter((name) => name.includes('narwhal') && !/^(dpkg|systemd\/catalog)/.test(name))
        .map((name) => `${folder}/${name}`),
    );
    const people =
      guest.tell('getent', 'passwd', 'narwhal').text + guest.tell('getent', 'group', 'narwhal').text;
    return [...found, people.trim(), guest.tell('dpkg-query', '-W', 'narwhal').code].join('\n');
  }

  /** Its /run is a file system of its own, which is reached from inside alone. */
  function put(path: string, text: string): void {
    const passed = join('/var/tmp', basename(path));
    writeFileSync(join(guest.root, passed), text);
    guest.do('mv', passed, path);
  }

  test('becomes a Narwhal by what cloud-init runs, and shows its first photo through NGINX', async () => {
    const begun = performance.now();
    const sum = createHash('sha256')
      .update(readFileSync(join(guest.root, paths.first)))
      .digest('hex');
    const settings = { ROLE: 'all', URL: 'http://127.0.0.1', PACKAGE: paths.first, SHA256: sum };
    put(
      '/run/narwhal-settings',
      Object.entries(settings)
        .map(([name, value]) => `NARWHAL_${name}=${value}\n`)
        .join(''),
    );
    // One client asks for hundreds.
    put('/run/narwhal-local.env', 'RATE_LIMITS=off\n');
    put('/run/narwhal-install', cloudFile('/run/narwhal-install'));
    expect(guest.do('sh', '/run/narwhal-install')).toContain('This machine is: all.');
    measured["installed and set up by cloud-init's script"] = seconds(begun);
    const file = join(packages, 'photo.jpg');
    writeFileSync(file, (await drawn({ seed: 1 })).bytes);
    shown = await lastLine<Shown>(guest.client([client, 'photo', file]));
    expect(shown).toMatchObject({
      state: 'ready',
      inFeed: true,
      picture: 200,
      type: expect.stringMatching('image/') as string,
    });
    expect(shown.server).toContain('nginx');
    measured['install to first photo'] = seconds(begun);
    measured['size of the package, quick'] =
      `${(statSync(join(packages, `narwhal_${first}_amd64.deb`)).size / 1e6).toFixed(0)} MB`;
    expect(guest.do('narwhal', 'doctor')).toContain('Nothing is in the way.');
    expect(guest.do('systemctl', 'is-system-running')).toContain('running');
  });

  test('logs to the journal, as the user narwhal, with no capability and a score below 2.5', () => {
    expect(guest.do('journalctl', '-u', 'narwhal-api@3001', '-o', 'cat', '--no-pager')).toContain(
      'the api listens',
    );
    const status = guest.do('sh', '-c', 'cat /proc/$(systemctl show -P MainPID narwhal-api@3001)/status');
    expect(status).toMatch(/^CapEff:\t0+$/m);
    expect(status).toMatch(/^Seccomp:\t2$/m);
    for (const unit of ['narwhal-api@3001', 'narwhal-worker@9465', 'narwhal-nginx']) {
      const said = guest.tell(
        'systemd-analyze',
        'security',
        '--no-pager',
        '--threshold=25',
        `${unit}.service`,
      );
      measured[`security of ${unit}`] =
        /: ([\d.]+) /.exec(said.text.split('\n').at(-2) ?? '')?.[1] ?? said.text;
      expect(said.code).toBe(0);
    }
  });

  test.each(['narwhal-api@3001', 'narwhal-worker@9465'])('has %s back by itself after kill -9', (unit) => {
    const begun = performance.now();
    guest.do('systemctl', 'kill', '--signal=KILL', `${unit}.service`);
    // Starting while it restarts waits for the restart.
    guest.do('sh', '-c', `sleep 1.2; systemctl start ${unit}`);
    measured[`${unit} serves after kill -9`] = seconds(begun);
    expect(guest.do('systemctl', 'show', '-P', 'NRestarts', unit).trim()).not.toBe('0');
  });

  test('has a process back whose loop does not turn any more', () => {
    guest.do('systemctl', 'kill', '--kill-whom=main', '--signal=STOP', 'narwhal-api@3002.service');
    const begun = performance.now();
    const fired = "journalctl -u narwhal-api@3002 -o cat --no-pager | grep -q 'Watchdog timeout'";
    guest.do('sh', '-c', `for i in $(seq 90); do ${fired} && break; sleep 0.5; done; ${fired}`);
    measured['a hung api is noticed after'] = seconds(begun);
    guest.do(
      'sh',
      '-c',
      'for i in $(seq 60); do systemctl is-active -q narwhal-api@3002 && exit 0; sleep 0.5; done; exit 1',
    );
  });

  test('is upgraded while it serves, without a failed request', async () => {
    const load = guest.client([client, 'load', shown.token, shown.post]);
    await started(load);
    const ended = lastLine<Load>(load);
    const begun = performance.now();
    const upgrade = await guest.meanwhile('dpkg', '-i', paths.second);
    measured['upgrade'] = seconds(begun);
    load.kill('SIGTERM');
    const counts = await ended;
    expect(upgrade).toMatchObject({ code: 0 });
    expect(guest.do('narwhal', 'version').trim()).toBe(second);
    measured['requests during the upgrade'] =
      `${counts.requests} (${counts.writes} writes), slowest ${counts.slowest} ms`;
    measured['of them failed'] = String(counts.failures.length);
    expect(counts.failures).toEqual([]);
    expect(counts.requests).toBeGreaterThan(100);
    expect(guest.do('narwhal', 'doctor')).toContain('Nothing is in the way.');
  });

  test('refuses an older version in a sentence, and takes it when told to', () => {
    const refused = guest.tell('dpkg', '-i', paths.first);
    expect(refused.code).not.toBe(0);
    expect(refused.text).toContain(
      `narwhal: ${second} is installed and ${first} is older; one release back works`,
    );
    expect(guest.do('narwhal', 'version').trim()).toBe(second);
    expect(guest.tell('systemctl', 'is-active', 'narwhal-worker@9465').text).toContain('active');
    guest.do('env', 'NARWHAL_DOWNGRADE=yes', 'dpkg', '-i', paths.first);
    expect(guest.do('narwhal', 'version').trim()).toBe(first);
  });

  test('says what is wrong, in the journal and by the doctor, when PostgreSQL is away', () => {
    guest.do('systemctl', 'stop', 'postgresql');
    const said = guest.tell('narwhal', 'doctor');
    expect(said.code).toBe(1);
    expect(said.text).toContain('PostgreSQL does not listen at /run/postgresql');
    const migrated = guest.tell('narwhal', 'migrate');
    expect(migrated.text).toMatch(/^the migration failed: PostgreSQL does not listen/);
    guest.do('systemctl', 'start', 'postgresql');
    guest.do(
      'sh',
      '-c',
      'for i in $(seq 60); do narwhal doctor >/dev/null && exit 0; sleep 1; done; narwhal doctor',
    );
  });

  test('is told of an installation that was cut off, and goes on with it', () => {
    guest.do('dpkg', '--unpack', paths.second);
    expect(guest.tell('narwhal', 'doctor').text).toContain(
      `narwhal ${second} was interrupted (unpacked): run "sudo dpkg --configure -a`,
    );
    guest.do('dpkg', '--configure', '-a');
    expect(guest.do('narwhal', 'doctor')).toContain(`narwhal ${second}, installed whole`);
  });

  test('keeps photos when it is removed, and nothing when it is purged', () => {
    guest.do('dpkg', '--remove', 'narwhal');
    expect(existsSync(join(guest.root, 'var/lib/narwhal/objects'))).toBe(true);
    guest.do('dpkg', '--purge', 'narwhal');
    expect(traces()).toBe(before);
  });
});
