import { readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { patient } from '../harness/pace.js';
import { ArchivingPostgres, damage, systemPostgres } from './system-postgres.js';

const programs = systemPostgres();
if (!programs)
  console.warn('The tests of pgBackRest are skipped: it and a PostgreSQL cannot be installed here.');

/** One repository's life, in order. */
describe.skipIf(!programs)('backups by pgBackRest', { timeout: patient(180_000) }, () => {
  let server: ArchivingPostgres;
  /** The file that PostgreSQL's archive_command looks at: while it is there, WAL is dropped as soon as one segment waits. */
  let dropping: string;
  const at = { before: '', between: '' };

  // With its text, so that a failure shows what was said.
  const good = { code: 0, text: expect.any(String) as string };
  const rows = (name: string) =>
    server.rowsIn(name, 'SELECT string_agg(name, $$ $$ ORDER BY id) FROM people');
  const outcome = async (kind: string) =>
    (
      await server.ask(
        `SELECT good || $$ $$ || sentence FROM backups WHERE kind = '${kind}' ORDER BY begun_at DESC LIMIT 1`,
      )
    )[0];
  const now = async (): Promise<string> =>
    (
      await server.ask(
        `SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
      )
    )[0] ?? '';
  const restore = (to: string, into: string, env = {}) =>
    server.narwhal(['restore', '--to', to, '--into', join(server.folder, into)], env);
  const segments = () => {
    const folder = join(server.repository, 'archive/narwhal');
    return readdirSync(folder, { recursive: true })
      .map(String)
      .filter((name) => /[0-9A-F]{24}-/.test(name))
      .sort()
      .map((name) => join(folder, name));
  };

  beforeAll(async () => {
    server = new ArchivingPostgres(join(inject('run'), 'pgbackrest'), programs ?? '');
    dropping = join(server.folder, 'dropping');
    const push = 'pgbackrest --stanza=narwhal archive-push "%p"';
    await server.start(`if test -e ${dropping}; then ${push} --archive-push-queue-max=1B; else ${push}; fi`);
    await server.must(
      'psql',
      '-h',
      join(server.folder, 'cluster-socket'),
      '-U',
      'narwhal',
      'postgres',
      '-c',
      'CREATE DATABASE narwhal',
    );
    const migrated = await server.narwhal(['migrate']);
    if (migrated.code !== 0) throw new Error(migrated.text);
    await server.ask(
      'CREATE TABLE people (id serial, name text)',
      `INSERT INTO people (name) VALUES ('ada')`,
    );
  });
  afterAll(() => server.stop());

  test('the first is full, the next has only what changed', async () => {
    expect(await server.narwhal(['backup', 'list'])).toEqual({ code: 1, text: 'no complete backup\n' });
    expect(await server.narwhal(['backup'])).toMatchObject({
      code: 0,
      text: expect.stringMatching(/^\d{8}-\d{6}F: /),
    });
    expect(await server.narwhal(['backup'])).toMatchObject({
      code: 0,
      text: expect.stringMatching(/^\d{8}-\d{6}F_\d{8}-\d{6}I: /),
    });
    const { text } = await server.narwhal(['backup', 'list']);
    expect(text.trim().split('\n')).toHaveLength(2);
    expect(await outcome('backup')).toMatch(/^true \S+I: /);
  });

  test('a restore has exactly the rows of its time, or all that were archived', async () => {
    await server.ask(`INSERT INTO people (name) VALUES ('grace')`);
    at.between = await now();
    await server.ask(`INSERT INTO people (name) VALUES ('linus')`);
    await server.archived();
    expect(await restore(at.between, 'then')).toEqual(good);
    expect(await rows('then')).toEqual(['ada grace']);
    expect(await restore('latest', 'latest')).toEqual(good);
    expect(await rows('latest')).toEqual(['ada grace linus']);
    // And the restored server archived nothing among the WAL of the one that goes on.
    expect(await server.narwhal(['backup', 'verify'])).toEqual(good);
    expect(segments().every((name) => name.includes('/00000001'))).toBe(true);
  });

  test('a check sees a segment that was deleted, and a file of a backup that changed', async () => {
    const [segment = ''] = segments().slice(-2);
    renameSync(segment, join(server.folder, 'aside'));
    const { code, text } = await server.narwhal(['backup', 'verify']);
    expect(code).toBe(1);
    expect(text).toMatch(/^1 segment of WAL before [0-9A-F]{24} missing from the archive: no restore/m);
    expect(await outcome('verify')).toMatch(/^false 1 segment of WAL/);
    renameSync(join(server.folder, 'aside'), segment);

    const backups = join(server.repository, 'backup/narwhal');
    const full = readdirSync(backups).find((name) => name.endsWith('F')) ?? '';
    const bundle = join(backups, full, 'bundle/1');
    const whole = await server.must('cp', '-p', bundle, join(server.folder, 'bundle'));
    expect(whole).toBe('');
    damage(bundle);
    const damaged = await server.narwhal(['backup', 'verify']);
    expect(damaged).toMatchObject({
      code: 1,
      text: expect.stringContaining(`backup: ${full}, status: invalid`),
    });
    await server.must('cp', '-p', join(server.folder, 'bundle'), bundle);
    expect(await server.narwhal(['backup', 'verify'])).toEqual(good);
  });

  test('what cannot be restored or reached is said in a sentence', async () => {
    const sentence = async (ended: ReturnType<typeof restore>, pattern: RegExp) => {
      const { code, text } = await ended;
      expect(code).toBe(1);
      expect(text).toMatch(pattern);
      expect(text.trim().split('\n')).toHaveLength(1);
    };
    await sentence(restore('2020-01-01T00:00:00Z', 'early'), /^no backup was complete at 2020-01-01/);
    await sentence(
      restore('2099-01-01T00:00:00Z', 'late'),
      /^the archive ends before the time to restore to/,
    );
    await sentence(restore(await now(), 'now'), /^the archive ends before the time to restore to/);
    await sentence(restore('latest', 'latest'), /^expected an empty folder but received/);
    const wrong = { PGBACKREST_CONFIG: server.configure('wrong.conf', 'key-2') };
    for (const words of [['backup'], ['backup', 'list'], ['backup', 'verify']])
      await sentence(server.narwhal(words, wrong), /^the key of pgBackRest/);
    await sentence(restore('latest', 'locked', wrong), /^the key of pgBackRest/);
    const other = { BACKUP_REPOSITORY: 'pgbackrest:other' };
    await sentence(server.narwhal(['backup'], other), /has nothing of this stanza/);
    await sentence(restore('latest', 'other', other), /has nothing of this stanza/);
  });

  test('another PostgreSQL than that of the repository, or none, is said in a sentence', async () => {
    const other = server.configure('other.conf', 'key-1', 'another');
    const said = async () => (await server.narwhal(['backup'], { PGBACKREST_CONFIG: other })).text;
    await server.begin('another');
    expect(await said()).toMatch(/^the repository belongs to another PostgreSQL/);
    await server.stop('another');
    expect(await said()).toMatch(/^PostgreSQL does not run on this machine/);
  });

  test('a repository that is away is said; what PostgreSQL still keeps does not count as missing', async () => {
    const away = `${server.repository}.away`;
    renameSync(server.repository, away);
    expect(await server.narwhal(['backup'])).toMatchObject({
      code: 1,
      text: expect.stringMatching(/it is away/),
    });
    expect(await outcome('backup')).toMatch(/^false the repository of pgBackRest has nothing/);
    await server.ask('SELECT pg_logical_emit_message(false, $$test$$, $$test$$)', 'SELECT pg_switch_wal()');
    await expect
      .poll(() => server.ask('SELECT failed_count > 0 FROM pg_stat_archiver'), { timeout: 60_000 })
      .toEqual(['t']);
    expect(await server.narwhal(['backup', 'wal'])).toEqual(good);

    writeFileSync(dropping, '');
    await server.archived();
    // PostgreSQL believes that all is archived, and nobody can tell.
    expect(await server.narwhal(['backup', 'wal'])).toMatchObject({ code: 1 });
    expect(await outcome('wal')).toMatch(/^false the repository of pgBackRest has nothing/);
    renameSync(away, server.repository);
    await server.must('rm', dropping);
  });

  test('dropped WAL is found, and a full backup is made at once, from which later times restore', async () => {
    await server.ask(`INSERT INTO people (name) VALUES ('barbara')`);
    await server.archived();
    const looked = await server.narwhal(['backup', 'wal']);
    expect(looked.code).toBe(1);
    expect(looked.text).toMatch(/segments? of WAL before [0-9A-F]{24} missing/);
    expect(await outcome('wal')).toMatch(/^false /);
    expect(await outcome('backup')).toMatch(/^true \d{8}-\d{6}F: /);
    expect(await server.narwhal(['backup', 'wal'])).toEqual(good);
    expect(await outcome('wal')).toMatch(/^true /);
    expect((await server.narwhal(['backup', 'verify'])).code).toBe(1);
    expect(await restore('latest', 'after')).toEqual(good);
    expect(await rows('after')).toEqual(['ada grace linus barbara']);
  });
});
