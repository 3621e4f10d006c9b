import pg from 'pg';
import type { QueryRunner } from 'typeorm';
import { asTyped } from '@app/platform';
import { MIGRATIONS_TABLE } from './migrations.js';

/** Said to operators where api and worker connect as the owner of the tables. */
export const OWNER_SERVES = `Api and worker could alter the tables of PostgreSQL, since DATABASE_URL names their owner: move it to DATABASE_DIRECT_URL, name another role in DATABASE_URL, and run "${asTyped('npm run migrate')}", which makes it (docs/install-ubuntu.md, "Upgrade, and back").`;

/** Whether whoever asks may alter the tables. */
export const OWNS_TABLES = `SELECT pg_has_role(relowner, 'USAGE') AS owns FROM pg_class WHERE oid = to_regclass('users')`;

/** The role of api and worker, as their address names it. */
export interface ServingRole {
  name: string;
  password: string;
}

function roleOf(url: string): ServingRole {
  const { username, password } = new URL(url);
  return { name: decodeURIComponent(username), password: decodeURIComponent(password) };
}

/** Null where one role owns, migrates and serves. */
export function servingRoleOf(url: string, ownersUrl: string): ServingRole | null {
  if (url === ownersUrl) return null;
  const role = roleOf(url);
  return role.name === '' || role.name === roleOf(ownersUrl).name ? null : role;
}

/** Asked before it is tried: PostgreSQL writes a statement that it refuses to its log, and this one holds a password. */
const MAY_MAKE = `
  SELECT rolsuper OR rolcreaterole AS may, EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS made
  FROM pg_roles WHERE rolname = current_user`;
/** Roles belong to the whole server: another database's migrator may make the same one at the same moment. */
const madeMeanwhile: ReadonlySet<unknown> = new Set(['42710', '23505']);

async function makeRole(runner: QueryRunner, { name, password }: ServingRole): Promise<void> {
  const [state] = (await runner.query(MAY_MAKE, [name])) as { may: boolean; made: boolean }[];
  if (state?.made) return;
  const role = pg.escapeIdentifier(name);
  if (!state?.may)
    throw new Error(
      `there is no role ${name}, and this one may not make it; as a superuser: CREATE ROLE ${role} LOGIN PASSWORD '...', with the password of DATABASE_URL`,
    );
  const secret = password ? ` PASSWORD ${pg.escapeLiteral(password)}` : '';
  try {
    await runner.query(`CREATE ROLE ${role} LOGIN${secret}`);
  } catch (error) {
    const meanwhile = error instanceof Error && 'code' in error && madeMeanwhile.has(error.code);
    if (!meanwhile) throw error;
  }
}

/**
 * The tables and sequences that this role may grant, where the other role has no rights yet and owns nothing. Rights that exist are
 * not granted again: each would make every connection of a serving Narwhal plan its statements anew, all at the same moment.
 */
const OURS = `
  SELECT c.oid::regclass::text AS name, c.relkind = 'S' AS counts FROM pg_class c
  WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'S')
    AND pg_has_role(c.relowner, 'USAGE') AND NOT pg_has_role($1, c.relowner, 'USAGE')
    AND NOT CASE c.relkind WHEN 'S' THEN has_sequence_privilege($1, c.oid, 'UPDATE') ELSE has_table_privilege($1, c.oid, 'SELECT') END`;

/** The lag of replicas is shown to those who may read all statistics. */
const MAY_SHOW_STATISTICS = `
  SELECT rolsuper OR pg_has_role('pg_read_all_stats', 'USAGE WITH ADMIN OPTION') AS may
  FROM pg_roles WHERE rolname = current_user`;

const MAY_WRITE_BACKUPS = `
  SELECT has_table_privilege($1, oid, 'INSERT') AS may FROM pg_class
  WHERE oid = to_regclass('backups') AND pg_has_role(relowner, 'USAGE') AND NOT pg_has_role($1, relowner, 'USAGE')`;

/**
 * Makes the role if it is not there, and lets it read and write rows: of every table, also of those that later migrations
 * make. It only adds to `audit_events`, and only reads how backups ended. Repeating it changes nothing.
 */
export async function letServe(runner: QueryRunner, serving: ServingRole): Promise<void> {
  await makeRole(runner, serving);
  const ours = (await runner.query(OURS, [serving.name])) as { name: string; counts: boolean }[];
  const names = (counts: boolean): string =>
    ours.flatMap((each) => (each.counts === counts ? [each.name] : [])).join(', ');
  const role = pg.escapeIdentifier(serving.name);
  if (names(false) !== '') await grant(runner, role, names(false), names(true));
  // Made by a later migration than the role, the table has the default privileges.
  const [written] = (await runner.query(MAY_WRITE_BACKUPS, [serving.name])) as { may: boolean }[];
  if (written?.may) await runner.query(`REVOKE INSERT, UPDATE, DELETE ON backups FROM ${role}`);
}

async function grant(runner: QueryRunner, role: string, tables: string, sequences: string): Promise<void> {
  const [statistics] = (await runner.query(MAY_SHOW_STATISTICS)) as { may: boolean }[];
  const statements = [
    'REVOKE CREATE ON SCHEMA public FROM PUBLIC',
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ${tables} TO ${role}`,
    // next_id sets its sequence on to the present.
    ...(sequences ? [`GRANT USAGE, UPDATE ON SEQUENCE ${sequences} TO ${role}`] : []),
    `REVOKE INSERT, UPDATE, DELETE ON ${MIGRATIONS_TABLE} FROM ${role}`,
    `REVOKE UPDATE, DELETE ON audit_events FROM ${role}`,
    `ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${role}`,
    `ALTER DEFAULT PRIVILEGES GRANT USAGE, UPDATE ON SEQUENCES TO ${role}`,
    ...(statistics?.may ? [`GRANT pg_read_all_stats TO ${role}`] : []),
  ];
  // One query is one transaction: nobody sees a right that is then taken away.
  await runner.query(statements.join(';\n'));
}
