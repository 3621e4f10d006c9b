import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type pg from 'pg';
import { root } from '../../tools/dev/install.mjs';
import { startPostgres, withClient } from '../../tools/dev/postgres.ts';
import { patient } from '../harness/pace.js';
import { servers } from '../harness/servers.js';
import { s3Installed, startS3, type S3 } from '../harness/s3.js';
import { Narwhal } from './narwhal.js';

vi.setConfig({ testTimeout: patient(150_000), hookTimeout: patient(150_000) });

let folder: string;
let narwhal: Narwhal;
/** Numbers that PostgreSQL acknowledged. */
const acknowledged: number[] = [];
/** As many were acknowledged before these times, and before the archive had all. */
let [mark, beforeMark, later, beforeLater, archived] = ['', 0, '', 0, 0];

beforeAll(async () => {
  folder = join(servers().folder, 'backups');
  mkdirSync(folder);
  chmodSync(folder, 0o711);
  narwhal = await Narwhal.on(join(folder, 'data'));
  await narwhal.start();
});
afterAll(() => narwhal.kill());

const repository = () => join(folder, 'data', 'backups');
const base = () => join(repository(), readdirSync(repository())[0] ?? '', 'base');
const wal = () => join(base(), '..', 'wal');
const newest = () => join(base(), readdirSync(base()).toSorted().at(-1) ?? '');

const facts = () =>
  JSON.parse(readFileSync(join(newest(), 'backup.json'), 'utf8')) as { from: string; to: string };

/** Writes until told; every acknowledged number is noted. */
function write(clients: readonly pg.Client[]): () => Promise<void> {
  let over = false;
  const lanes = clients.map(async (client) => {
    while (!over) {
      const { rows } = await client.query<{ id: number }>(
        `INSERT INTO journal (text) VALUES (repeat('x', 500)) RETURNING id`,
      );
      acknowledged.push(rows[0]?.id ?? 0);
    }
  });
  return async () => {
    over = true;
    await Promise.allSettled(lanes);
  };
}

async function journalIn(restored: string): Promise<number[]> {
  const server = await startPostgres({
    dir: restored,
    logFile: join(restored, 'postgres.log'),
    // As `up` has it: without, PostgreSQL would drop what is to be archived.
    settings: { archive_mode: 'on' },
  });
  const { rows } = await withClient(server.operatorUrl, (client) =>
    client.query<{ id: number }>('SELECT id FROM journal ORDER BY id'),
  );
  await server.stop();
  return rows.map(({ id }) => id);
}

const inOrder = (numbers: readonly number[]): number[] => numbers.toSorted((a, b) => a - b);

/** Changes the newest backup's facts, and puts them right again. */
async function withFacts(change: object, work: () => Promise<void>): Promise<void> {
  const file = join(newest(), 'backup.json');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, JSON.stringify({ ...(JSON.parse(text) as object), ...change }));
  await work().finally(() => writeFileSync(file, text));
}

describe('under `up`', () => {
  test('a backup is made by itself; another one while four clients write loses nothing to them', async () => {
    await expect
      .poll(async () => (await narwhal.run('backup', 'list')).code, { timeout: patient(60_000) })
      .toBe(0);
    await narwhal.query('CREATE TABLE journal (id serial PRIMARY KEY, text text NOT NULL)');
    const clients = await Promise.all(Array.from({ length: 4 }, () => narwhal.connect()));
    let stop = write(clients);
    const made = await narwhal.run('backup');
    expect(made.output).toMatch(/MB in \d+\.\d s/);
    await stop();
    [mark, beforeMark] = [await narwhal.now(), acknowledged.length];
    stop = write(clients);
    await expect.poll(() => acknowledged.length).toBeGreaterThan(beforeMark + 200);
    await stop();
    [later, beforeLater] = [await narwhal.now(), acknowledged.length];
    stop = write(clients);
    await expect.poll(() => acknowledged.length).toBeGreaterThan(beforeLater + 200);
    await stop();
    archived = acknowledged.length;
    await narwhal.archived();
    stop = write(clients);
    await expect.poll(() => acknowledged.length).toBeGreaterThan(archived + 200);
    await expect
      .poll(() => readdirSync(join(folder, 'data', 'postgres', 'archive')), { timeout: patient(30_000) })
      .toEqual([]);
    narwhal.kill();
    await stop();
    expect(beforeMark).toBeGreaterThan(100);
  });

  test('a restore to the newest has every write that was archived, and none that nobody made', async () => {
    const into = join(folder, 'latest');
    const { code, output } = await narwhal.run('restore', '--to', 'latest', '--into', into);
    expect(output).toContain('every row has its objects');
    expect(code).toBe(0);
    const found = await journalIn(into);
    expect(found.filter((id) => acknowledged.indexOf(id) < archived && acknowledged.includes(id))).toEqual(
      inOrder(acknowledged.slice(0, archived)),
    );
    console.log(`acknowledged ${acknowledged.length}, archived ${archived}, restored ${found.length}`);
  });

  test('a restore to a time has what was acknowledged before it, and nothing else', async () => {
    const [into, own] = [join(folder, 'mark'), join(folder, 'data', 'postgres')];
    const { code, output } = await narwhal.run('restore', '--to', mark, '--into', into);
    expect(code).toBe(0);
    expect(output).toContain(`  mv ${own} ${own}.before && mv ${into} ${own}\n`);
    expect(await journalIn(into)).toEqual(inOrder(acknowledged.slice(0, beforeMark)));
  });
});

describe('what cannot be restored is refused in a sentence', () => {
  const refused = async (sentence: RegExp, to = 'latest', into = join(folder, 'refused')) => {
    const { code, output } = await narwhal.run('restore', '--to', to, '--into', into);
    expect(output).toMatch(sentence);
    expect(output.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(1);
  };

  test('a time before the first backup, and one after the last change', async () => {
    await refused(/^the first backup is complete since/, '2020-01-01T00:00:00Z');
    await refused(/^the archive ends before 2099-01-01/, '2099-01-01T00:00:00Z');
  });
  test('a folder that holds something', () =>
    refused(/^expected a new or an empty folder/, 'latest', join(folder, 'latest')));
  test('another major version', () =>
    withFacts({ major: 17 }, () => refused(/^the backup is of PostgreSQL 17/)));
  test('no room', () => withFacts({ unpackedBytes: 1e15 }, () => refused(/has \d+ MB left/)));
  test('other bytes than were written', () =>
    withFacts({ sha256: '00' }, () => refused(/is damaged: its bytes/)));
  test('a segment of WAL that is missing', async () => {
    const names = readdirSync(wal())
      .filter((name) => /^[0-9A-F]{24}\.zst$/.test(name))
      .toSorted();
    const gone = join(wal(), names.at(-2) ?? '');
    renameSync(gone, join(folder, 'gone'));
    await refused(/^the segment [0-9A-F]{24} of WAL is missing/);
    renameSync(join(folder, 'gone'), gone);
  });
  test('a backup that was cut short is none', async () => {
    mkdirSync(join(base(), '2099-01-01T00-00-00.000Z'));
    writeFileSync(join(base(), '2099-01-01T00-00-00.000Z', 'base.tar.zst'), 'half');
    expect((await narwhal.run('restore', '--to', 'latest', '--into', join(folder, 'short'))).code).toBe(0);
    rmSync(join(base(), '2099-01-01T00-00-00.000Z'), { recursive: true });
  });
});

describe('the restored folder', () => {
  test('is used as the last lines say, archives on, and begins an epoch that no Redis has seen', async () => {
    renameSync(join(folder, 'data', 'postgres'), join(folder, 'before'));
    renameSync(join(folder, 'mark'), join(folder, 'data', 'postgres'));
    const noted = (place: string) => readFileSync(join(folder, place, 'repository'), 'utf8');
    expect(noted('data/postgres')).toBe(noted('before'));
    await narwhal.start();
    expect(await narwhal.query('SELECT epoch > 1700000000 AS later FROM redis_epoch')).toEqual([
      { later: true },
    ]);
    await expect
      .poll(() => readdirSync(wal()), { timeout: patient(30_000) })
      .toContain('00000002.history.zst');
  });

  test('a backup is made of the new timeline at once, and the newest is of that', async () => {
    await expect.poll(() => facts().from, { timeout: patient(60_000) }).toMatch(/^00000002/);
    await narwhal.query(`INSERT INTO journal (id, text) VALUES (1000000, 'of the new timeline')`);
    await narwhal.archived();
    await expect
      .poll(() => readdirSync(join(folder, 'data', 'postgres', 'archive')), { timeout: patient(30_000) })
      .toEqual([]);
    const into = join(folder, 'newer');
    const other = join(repository(), '9', 'base', '2099-01-01T00-00-00.000Z');
    mkdirSync(other, { recursive: true });
    const about = readFileSync(join(newest(), 'backup.json'), 'utf8').replace(
      /"system":"\d+"/,
      '"system":"9"',
    );
    writeFileSync(join(other, 'backup.json'), about);
    const refused = await narwhal.run('restore', '--to', 'latest', '--into', into);
    expect(refused.output).toMatch(/^the repository has backups of several clusters, .* 9 \(newest .*\)$/m);
    const [own = ''] = readdirSync(repository());
    expect(await narwhal.run('restore', '--to', 'latest', '--into', into, '--cluster', own)).toMatchObject({
      code: 0,
    });
    rmSync(join(repository(), '9'), { recursive: true });
    expect((await journalIn(into)).at(-1)).toBe(1_000_000);
  });

  test('who restored too early gets to the later time on the old timeline', async () => {
    const into = join(folder, 'later');
    expect(await narwhal.run('restore', '--to', later, '--into', into)).toMatchObject({ code: 0 });
    expect(await journalIn(into)).toEqual(inOrder(acknowledged.slice(0, beforeLater)));
  });

  test('a PostgreSQL on a restored folder ends with whatever ends its keeper', async () => {
    const program = join(root, 'tools/dev/serve-folder.ts');
    for (const end of [
      (child: ChildProcess) => child.kill('SIGINT'),
      (child: ChildProcess) => child.stdin?.end(),
    ]) {
      const child = spawn(process.execPath, [program, join(folder, 'later'), '{"archive_mode":"on"}'], {
        cwd: root,
      });
      const [said] = (await once(child.stdout, 'data')) as [Buffer];
      const { url } = JSON.parse(said.toString()) as { url: string };
      await withClient(url, (client) => client.query('SELECT 1'));
      end(child);
      await once(child, 'close');
      await expect(withClient(url, (client) => client.query('SELECT 1'))).rejects.toThrow('ECONNREFUSED');
    }
  });

  test('a drill passes, and is told', async () => {
    const { code, output } = await narwhal.run('backup', 'drill');
    expect(output).toMatch(/^restored in .* as in the original, and an api serves from it$/m);
    expect(code).toBe(0);
  });

  test('WAL that is missing is told until the look after the backup that is made at once', async () => {
    const { to } = facts();
    rmSync(join(wal(), `${to}.zst`));
    const { code, output } = await narwhal.run('backup', 'wal');
    expect(output).toMatch(new RegExp(`^the segment ${to} of WAL is missing from the archive$`, 'm'));
    expect(code).toBe(1);
    expect(facts().from > to).toBe(true);
    expect((await narwhal.run('backup', 'wal')).code).toBe(0);
  });

  test('a drill on a damaged backup fails, and is told', async () => {
    truncateSync(join(newest(), 'base.tar.zst'), 1_000);
    expect(await narwhal.run('backup', 'drill')).toMatchObject({ code: 1 });
    const [row] = await narwhal.query(
      `SELECT good, sentence FROM backups WHERE kind = 'drill' ORDER BY begun_at DESC LIMIT 1`,
    );
    expect(row).toEqual({
      good: false,
      sentence: expect.stringMatching(/^the backup .* is damaged: it has 1000 of/) as string,
    });
    expect((await narwhal.run('backup', 'verify')).output).toMatch(/^the backup .* is damaged$/m);
  });
});

describe.skipIf(!s3Installed)('in S3', () => {
  let s3: S3;
  let there: Narwhal;
  beforeAll(async () => {
    narwhal.kill();
    s3 = await startS3();
    const { S3_BUCKET: bucket = '', ...keys } = s3.env;
    there = await Narwhal.on(join(folder, 'in-s3'), { ...keys, BACKUP_REPOSITORY: `s3://${bucket}/narwhal` });
    await there.start();
    narwhal = there;
  });
  afterAll(() => s3.stop());

  test('a backup is made by itself and restored; a wrong key is told in a sentence', async () => {
    await expect
      .poll(async () => (await there.run('backup', 'list')).code, { timeout: patient(90_000) })
      .toBe(0);
    expect(await there.run('restore', '--to', 'latest', '--into', join(folder, 'from-s3'))).toMatchObject({
      code: 0,
    });
    const thief = await Narwhal.on(join(folder, 'in-s3'), {
      S3_ENDPOINT: s3.endpoint,
      S3_ACCESS_KEY_ID: 'wrong',
      S3_SECRET_ACCESS_KEY: 'wrong',
      BACKUP_REPOSITORY: `s3://${s3.env['S3_BUCKET'] ?? ''}/narwhal`,
    });
    expect((await thief.run('backup', 'list')).output).toMatch(/^the repository s3:\/\/\S+ refuses \(\w+\)/);
  });
});
