import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../../test/harness/database.js';
import { Database } from './database.js';
import { openDataSource } from './data-source.js';
import { lookAtDatabase, migrate } from './migrate.js';
import { servingRoleOf } from './serving-role.js';
import { PopularRows, SweepRows } from './repositories/index.js';

let database: TestDatabase;
let serving: pg.Client;
beforeAll(async () => {
  database = await freshDatabase();
  serving = new pg.Client({ connectionString: database.url });
  await serving.connect();
});
afterAll(async () => {
  await serving.end();
  await database.close();
});

/** What PostgreSQL answers to the role of api and worker: the code of its refusal, or nothing. */
const refusalOf = (sql: string): Promise<string | undefined> =>
  serving.query(sql).then(
    () => undefined,
    (error: unknown) => (error as pg.DatabaseError).code,
  );

const event = (happened: string) =>
  `INSERT INTO audit_events (shard, id, user_id, kind, happened_at) SELECT 0, next_id(0), 1, 'session.begun', ${happened}`;

describe('the role of api and worker', () => {
  test('adds to what happened and reads it, and changes none of it', async () => {
    expect(await refusalOf(event('now()'))).toBeUndefined();
    expect((await serving.query('SELECT kind FROM audit_events')).rows).toEqual([{ kind: 'session.begun' }]);
    for (const sql of [
      `UPDATE audit_events SET kind = 'nothing'`,
      'DELETE FROM audit_events',
      'TRUNCATE audit_events',
      `INSERT INTO audit_events SELECT * FROM audit_events ON CONFLICT (shard, id) DO UPDATE SET kind = 'nothing'`,
    ])
      expect([sql, await refusalOf(sql)]).toEqual([sql, '42501']);
  });

  test.each([
    'ALTER TABLE users ADD COLUMN mine text',
    'ALTER TABLE audit_events DISABLE TRIGGER ALL',
    'CREATE TABLE mine (id bigint)',
    'CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
    'CREATE OR REPLACE FUNCTION forget_audit_events(kept_for interval) RETURNS bigint LANGUAGE sql AS $$ SELECT 1 $$',
    'CREATE SCHEMA mine',
    'CREATE ROLE mine',
    'CREATE INDEX mine ON users (id)',
    'DROP TABLE users',
    'DROP INDEX audit_events_age',
    'TRUNCATE users',
    'GRANT SELECT ON users TO PUBLIC',
    'DELETE FROM migrations',
    'SET ROLE narwhal',
    'SET SESSION AUTHORIZATION narwhal',
    `SET session_replication_role = 'replica'`,
    'SELECT * FROM pg_authid',
    `COPY (SELECT 1) TO PROGRAM 'true'`,
    `SELECT pg_read_file('postgresql.conf')`,
  ])('is refused %s', async (sql) => {
    // A sensible answer to each, 42501, and to GRANT a warning that nothing was granted.
    const before = await database.query(`SELECT relacl::text FROM pg_class WHERE relname = 'users'`);
    const refusal = await refusalOf(sql);
    if (!sql.startsWith('GRANT')) expect(refusal).toBe('42501');
    expect(await database.query(`SELECT relacl::text FROM pg_class WHERE relname = 'users'`)).toEqual(before);
  });

  test('may do what it needs with every table, and with those of later migrations', async () => {
    await database.query('CREATE TABLE later (id bigint); CREATE SEQUENCE later_ids');
    const rights = await database.query<{ name: string; rights: string }>(
      `SELECT c.relname AS name, string_agg(r.name, ' ' ORDER BY r.name) AS rights
       FROM pg_class c, unnest(ARRAY['DELETE', 'INSERT', 'REFERENCES', 'SELECT', 'TRIGGER', 'TRUNCATE', 'UPDATE', 'MAINTAIN']) AS r (name)
       WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
         AND has_table_privilege('narwhal_serving', c.oid, r.name) GROUP BY 1`,
    );
    const tables = await database.query<{ name: string }>(
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`,
    );
    const wanted = (name: string): string =>
      ({ audit_events: 'INSERT SELECT', backups: 'SELECT', migrations: 'SELECT' })[name] ??
      'DELETE INSERT SELECT UPDATE';
    expect(Object.fromEntries(rights.map((table) => [table.name, table.rights]))).toEqual(
      Object.fromEntries(tables.map(({ name }) => [name, wanted(name)])),
    );
    expect(tables.length).toBeGreaterThan(30);
    expect(await refusalOf(`SELECT nextval('later_ids')`)).toBeUndefined();
  });

  test('owns nothing, inherits from nobody but the statistics, and is told from the owner', async () => {
    const [role] = await database.query<Record<string, unknown>>(
      `SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls,
         (SELECT array_agg(b.rolname) FROM pg_auth_members m JOIN pg_roles b ON b.oid = m.roleid WHERE m.member = r.oid)::text AS of
       FROM pg_roles r WHERE rolname = 'narwhal_serving'`,
    );
    expect(role).toEqual({
      rolsuper: false,
      rolcreaterole: false,
      rolcreatedb: false,
      rolreplication: false,
      rolbypassrls: false,
      of: '{pg_read_all_stats}',
    });
    expect(await lookAtDatabase(database.url)).toMatchObject({ behind: [], ownsTables: false });
    expect(await lookAtDatabase(database.operatorUrl)).toMatchObject({ behind: [], ownsTables: true });
  });

  test('may have a member that takes turns with it, which may do the same and alters nothing either', async () => {
    const name = `turn_${randomBytes(4).toString('hex')}`;
    await database.query(`CREATE ROLE ${name} LOGIN PASSWORD 'turned' IN ROLE narwhal_serving`);
    const url = new URL(database.url);
    [url.username, url.password] = [name, 'turned'];
    try {
      await migrate(database.operatorUrl, undefined, url.href);
      expect(await lookAtDatabase(url.href)).toMatchObject({ behind: [], ownsTables: false });
      const [rights] = await database.query<{ name: string }>(
        `SELECT array_agg(tablename) AS name FROM pg_tables, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS right_
         WHERE schemaname = 'public' AND has_table_privilege('narwhal_serving', quote_ident(tablename), right_)
           IS DISTINCT FROM has_table_privilege($1, quote_ident(tablename), right_)`,
        [name],
      );
      expect(rights).toEqual({ name: null });
    } finally {
      await database.query(`DROP ROLE ${name}`);
    }
  });

  test('forgets what is a year old, in batches, and nothing younger, whatever it says', async () => {
    await database.query('TRUNCATE audit_events');
    await database.query(`${event(`now() - interval '366 days'`)} FROM generate_series(1, 10001)`);
    await database.query(event(`now() - interval '364 days'`));
    const source = await openDataSource({ url: database.url, name: 'spec', pool: 1 });
    const rows = new Database(source);
    const keptFor = {
      idempotency: 1,
      deletions: 1,
      sessions: 1,
      usernames: 1,
      audit: 1,
      mails: 1,
      invitations: 1,
    };
    const forgotten = await new SweepRows(rows, new PopularRows(rows)).forgetExpired(keptFor);
    await source.destroy();
    expect(forgotten.auditEvents).toBe(10_001);
    expect(await database.query('SELECT count(*)::int FROM audit_events')).toEqual([{ count: 1 }]);
  });
});

describe('a database that its owner has served', () => {
  let own: TestDatabase;
  const name = `serving_${randomBytes(4).toString('hex')}`;
  const urlOf = (user: string, password: string): string => {
    const url = new URL(own.operatorUrl);
    [url.username, url.password] = [user, password];
    return url.href;
  };
  beforeAll(async () => {
    own = await freshDatabase('empty');
    await migrate(own.operatorUrl);
  });
  afterAll(async () => {
    await own.query(`DROP OWNED BY ${name}`);
    await own.query(`DROP ROLE ${name}`);
    await own.close();
  });

  test('gets the role by the next migration, however many migrators make it at once', async () => {
    const secret = `it's "secret"`;
    const url = urlOf(name, encodeURIComponent(secret));
    expect(servingRoleOf(url, own.operatorUrl)).toEqual({ name, password: secret });
    await Promise.all([1, 2, 3].map(() => migrate(own.operatorUrl, undefined, url)));
    expect(await lookAtDatabase(url)).toMatchObject({ behind: [], ownsTables: false });
  });

  test('stays as it is where one role is named for both, or the other owns the tables', async () => {
    expect(servingRoleOf(own.operatorUrl, `${own.operatorUrl}?sslmode=disable`)).toBeNull();
    const before = await own.query(`SELECT relname, relacl::text FROM pg_class ORDER BY 1`);
    await own.query(`CREATE ROLE ${name}_owner SUPERUSER`);
    try {
      await migrate(own.operatorUrl, undefined, urlOf(`${name}_owner`, ''));
      expect(await own.query(`SELECT relname, relacl::text FROM pg_class ORDER BY 1`)).toEqual(before);
    } finally {
      await own.query(`DROP ROLE ${name}_owner`);
    }
  });

  test('says what a superuser can do where its owner may make no role', async () => {
    await own.query(`CREATE ROLE ${name}_plain LOGIN PASSWORD 'plain'`);
    await own.query(`GRANT ALL ON ALL TABLES IN SCHEMA public TO ${name}_plain`);
    try {
      const plain = urlOf(`${name}_plain`, 'plain');
      await expect(migrate(plain, undefined, urlOf(`${name}_none`, 'x'))).rejects.toThrow(
        `there is no role ${name}_none, and this one may not make it`,
      );
    } finally {
      await own.query(`DROP OWNED BY ${name}_plain`);
      await own.query(`DROP ROLE ${name}_plain`);
    }
  });
});
