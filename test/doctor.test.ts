import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../tools/dev/install.mjs';
import { freePort } from '../tools/dev/ports.ts';
import { freshDatabase, type TestDatabase } from './harness/database.js';
import { ownRedis, type OwnRedis } from './harness/redis.js';
import { servers } from './harness/servers.js';
import { patient } from './harness/pace.js';
import { settingsOf } from './harness/settings.js';

let database: TestDatabase;
let redis: OwnRedis;
let folder: string;
let settings: Record<string, string>;

beforeAll(async () => {
  folder = join(servers().folder, 'doctor');
  mkdirSync(folder);
  [database, redis] = await Promise.all([freshDatabase(), ownRedis('doctor-redis')]);
  const publicUrl = 'http://127.0.0.1:3000';
  settings = settingsOf({ databaseUrl: database.url, redisUrl: redis.url, publicUrl, folder });
  settings.PORT = String(await freePort());
});
afterAll(async () => {
  await Promise.all([redis.stop(), database.close()]);
});

interface Said {
  code: number | null;
  text: string;
}

/** Runs a program of the build to its end. */
function program(path: string, changes: Record<string, string>, ...args: string[]): Promise<Said> {
  const env = { ...settings, ...changes };
  return new Promise((settle) => {
    const child = execFile(
      process.execPath,
      [join(root, 'dist', path), ...args],
      { env },
      (_, stdout, stderr) => settle({ code: child.exitCode, text: stdout + stderr }),
    );
  });
}

const cli = 'apps/cli/src/main.js';
const doctor = (changes: Record<string, string> = {}) => program(cli, changes, 'doctor');

/** The lines that report faults. */
const faults = ({ text }: Said): string[] => text.split('\n').filter((line) => line.startsWith('FAULT'));

function altered(url: string, change: (url: URL) => void): string {
  const copy = new URL(url);
  change(copy);
  return copy.href;
}

describe('narwhal doctor', () => {
  test('says so when nothing is in the way', async () => {
    const said = await doctor();
    expect(faults(said)).toEqual([]);
    expect(said).toMatchObject({ code: 0 });
    expect(said.text).toContain('No faults.');
    expect(said.text).toMatch(/ok +photos are opened behind a wall|warning +A worker .* without a wall/);
  });

  test('names every setting that is wrong, at once', async () => {
    const said = await doctor({ TOKEN_KEYS: 'secret', RATE_LIMITS: 'maybe' });
    expect(said.code).toBe(1);
    expect(faults(said)).toHaveLength(2);
    expect(said.text).toMatch(/Setting TOKEN_KEYS: expected id:secret.*correct it in/);
  });

  test('tells a server that is away from a wrong password and a database that is not there', async () => {
    const port = String(await freePort());
    const away = await doctor({ DATABASE_URL: altered(database.url, (url) => (url.port = port)) });
    expect(faults(away)).toEqual([
      expect.stringMatching(
        `PostgreSQL does not listen at .*:${port}: start it there, or correct DATABASE_URL`,
      ),
    ]);
    const wrong = await doctor({ DATABASE_URL: altered(database.url, (url) => (url.password = 'wrong')) });
    expect(faults(wrong)).toEqual([
      expect.stringMatching(/refuses the password of \w+: correct it in DATABASE_URL/),
    ]);
    const missing = await doctor({
      DATABASE_URL: altered(database.url, (url) => (url.pathname = '/nowhere')),
    });
    expect(faults(missing)).toEqual([expect.stringContaining('has no such database: create it')]);
    const nowhere = await doctor({ DATABASE_URL: 'postgres://narwhal@database.invalid/narwhal' });
    expect(faults(nowhere)).toEqual([
      expect.stringContaining('(database.invalid) is not known: correct DATABASE_URL, or fix DNS'),
    ]);
  });

  test('asks for the migrations that are missing, and knows a newer release', async () => {
    const [first] = await database.query<{ name: string }>('SELECT name FROM migrations ORDER BY id LIMIT 1');
    await database.query(`UPDATE migrations SET name = 'FromTheFuture' WHERE name = '${first?.name}'`);
    const said = await doctor();
    expect(faults(said)).toEqual([
      expect.stringContaining('1 migrations behind this version: run "npm run migrate"'),
    ]);
    expect(said.text).toMatch(/warning .*migrated by a newer Narwhal \(FromTheFuture\)/);
    await database.query(`UPDATE migrations SET name = '${first?.name}' WHERE name = 'FromTheFuture'`);
  });

  test('finds Redis away, and one that asks for another password', async () => {
    const port = String(await freePort());
    const away = await doctor({ REDIS_URL: altered(redis.url, (url) => (url.port = port)) });
    expect(faults(away)).toEqual([
      expect.stringMatching(`Redis does not listen at .*:${port}: start it there, or correct REDIS_URL`),
    ]);
    const wrong = await doctor({ REDIS_URL: altered(redis.url, (url) => (url.password = 'wrong')) });
    expect(faults(wrong)).toEqual([expect.stringContaining('refuses the password: correct it in REDIS_URL')]);
  });

  test('finds a port that somebody else has, and who', async () => {
    const other = createServer((socket) => socket.end('220 mail\r\n')).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    expect(faults(await doctor({ PORT: String(port) }))).toEqual([
      expect.stringMatching(new RegExp(`Port ${port} is taken by .*: stop that .*, or choose another port`)),
    ]);
    other.close();
  });

  test('finds a folder that cannot be written', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const said = await doctor({ STORAGE_DIR: join(file, 'objects') });
    expect(faults(said)).toEqual([
      expect.stringMatching(/file\/objects cannot be written .*correct STORAGE_DIR/),
    ]);
  });

  test.skipIf(process.getuid?.() !== 0)('finds a disk without room', async () => {
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=32k', 'tmpfs', disk]).status === 0;
    try {
      const said = mounted ? await doctor({ STORAGE_DIR: disk }) : null;
      if (said)
        expect(faults(said)).toEqual([
          expect.stringContaining(`The disk of ${disk} is full: make room on it, or move STORAGE_DIR`),
        ]);
    } finally {
      if (mounted) execFileSync('umount', [disk]);
    }
  });
});

describe('programs that cannot start say the same sentence in the journal, and no stack', () => {
  const api = 'apps/api/src/main.js';

  test('a taken port', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const said = await program(api, { PORT: String(port), METRICS_ADDR: `127.0.0.1:${await freePort()}` });
    expect(said.code).toBe(1);
    expect(said.text).toMatch(
      new RegExp(`^narwhal-api: Port ${port} is taken by another program: stop that`, 'm'),
    );
    expect(said.text).not.toContain('    at ');
    other.close();
  });

  test.each([
    ['PORT', 'abc', 'expected a number but received "abc"'],
    ['PORT', '3000.5', 'expected a whole number but received "3000.5"'],
    [
      'PUBLIC_URL',
      'localhost:3000',
      'expected an address such as https://example.org but received "localhost:3000"',
    ],
    ['METRICS_ADDR', '127.0.0.1:70000', 'expected host:port, and a port of at most 65535'],
    ['DATABASE_URL', 'mysql://secret@localhost', 'expected postgres://user:password@host/database'],
    ['TOKEN_KEYS', '', 'expected a value, but it is not set'],
  ])('%s=%s', async (name, value, sentence) => {
    for (const program_ of ['api', 'worker'])
      expect(await program(`apps/${program_}/src/main.js`, { [name]: value })).toEqual({
        code: 78,
        text: `narwhal-${program_}: the configuration has 1 problem(s):\n  ${name}: ${sentence}\n`,
      });
  });

  test.each([[api], ['apps/worker/src/main.js'], [cli, 'migrate']] as const)(
    'a wrong password: %s %s',
    async (path, ...args) => {
      const wrong = { DATABASE_URL: altered(database.url, (url) => (url.password = 'wrong')) };
      const said = await program(path, wrong, ...args);
      expect(said.code).toBe(1);
      expect(said.text).toMatch(
        /^[\w -]+: PostgreSQL at .* refuses the password of \w+: correct it in DATABASE/m,
      );
      expect(said.text.trim().split('\n')).toHaveLength(1);
    },
  );

  test.each(['api', 'worker'])('but without Redis, the %s runs on and says so once', async (name) => {
    const port = String(await freePort());
    const path = join(root, 'dist', 'apps', name, 'src', 'main.js');
    const ports = {
      METRICS_ADDR: `127.0.0.1:${await freePort()}`,
      WORKER_METRICS_ADDR: `127.0.0.1:${await freePort()}`,
    };
    const env = {
      ...settings,
      ...ports,
      LOG_LEVEL: 'info',
      REDIS_URL: altered(redis.url, (url) => (url.port = port)),
    };
    const child = spawn(process.execPath, [path], { env, stdio: ['ignore', 'pipe', 'ignore'] });
    let said = '';
    child.stdout.on('data', (text) => (said += String(text)));
    await expect
      .poll(() => said, { timeout: patient(20_000) })
      .toContain(`:${port}: start it there, or correct REDIS_URL`);
    child.kill();
    const [code] = (await once(child, 'exit')) as [number];
    expect([code, said.split('Redis does not listen').length]).toEqual([0, 2]);
  });
});
