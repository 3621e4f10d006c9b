import { readdirSync, readFileSync } from 'node:fs';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import type { Queryable } from './queryable.js';

/** The table that records applied migrations; written by TypeORM's runner. */
export const MIGRATIONS_TABLE = 'migrations';

const folder = new URL('./migrations/', import.meta.url);
const FILE = /^(\d{4})_([a-z0-9_]+)\.sql$/;
/** TypeORM orders migrations by the 13 digits that end their names: this one plus the file's number. */
const FIRST = 1_767_225_600_000;
/**
 * How long a migration waits for a lock before it lets the requests behind it pass and retries: they wait as long, and NGINX asks
 * another api after two seconds. Outside a transaction an index that is built beside writes waits for them, and holds nobody up.
 */
const LOCK_TIMEOUT = { inTransaction: '500ms', outside: '2s' };

/** `0001_foundation.sql` is `Foundation1767225600001`: the name that the database records, which must never change. */
function nameOf(number: string, words: string): string {
  const title = words.replace(/(?:^|_)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  return `${title}${FIRST + Number(number)}`;
}

/** Outside a transaction each statement needs a query of its own, or PostgreSQL runs them all in one transaction. */
function statementsOf(sql: string): string[] {
  return sql
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement.replace(/^\s*--.*$/gm, '').trim() !== '');
}

function migrationOf(file: string, number: string, words: string): new () => MigrationInterface {
  const sql = readFileSync(new URL(file, folder), 'utf8');
  const transaction = !/^-- transaction: none\s*$/m.test(sql.split('\n', 1)[0] ?? '');

  return class implements MigrationInterface {
    name = nameOf(number, words);
    transaction = transaction;

    async up(runner: QueryRunner): Promise<void> {
      const { inTransaction, outside } = LOCK_TIMEOUT;
      await runner.query(
        transaction ? `SET LOCAL lock_timeout = '${inTransaction}'` : `SET lock_timeout = '${outside}'`,
      );
      for (const statement of transaction ? [sql] : statementsOf(sql)) await runner.query(statement);
    }

    down(): Promise<void> {
      return Promise.reject(new Error(`expected ${file} to go forward only but was asked to revert it`));
    }
  };
}

function readMigrations(): { name: string; migration: new () => MigrationInterface }[] {
  const seen = new Set<string>();
  return readdirSync(folder)
    .sort()
    .map((file) => {
      const [, number = '', words = ''] = FILE.exec(file) ?? [];
      if (!number || seen.has(number))
        throw new Error(`expected a name like 0002_what.sql, its number once, but found ${file}`);
      seen.add(number);
      return { name: nameOf(number, words), migration: migrationOf(file, number, words) };
    });
}

const known = readMigrations();

/** One class per file of `migrations/`, for TypeORM's runner. */
export const migrations = known.map(({ migration }) => migration);

/** The names that the database records once each has run, oldest first. */
export const migrationNames: readonly string[] = known.map(({ name }) => name);

/**
 * The migrations that this program knows and the database lacks, oldest first; empty when the schema is ready. A newer
 * schema is fine: release n runs on schema n and n + 1.
 */
export async function schemaBehind(database: Pick<Queryable, 'query'>): Promise<string[]> {
  const { rows: tables } = await database.query<{ found: boolean }>(
    'schema.exists',
    'SELECT to_regclass($1) IS NOT NULL AS found',
    [MIGRATIONS_TABLE],
  );
  if (!tables[0]?.found) return [...migrationNames];
  const { rows } = await database.query<{ name: string }>(
    'schema.applied',
    `SELECT name FROM ${MIGRATIONS_TABLE}`,
  );
  const applied = new Set(rows.map(({ name }) => name));
  return migrationNames.filter((name) => !applied.has(name));
}
