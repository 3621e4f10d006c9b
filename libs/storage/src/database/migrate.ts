import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, QueryRunner } from 'typeorm';
import { openDataSource } from './data-source.js';
import { Database } from './database.js';
import { migrationNames, MIGRATIONS_TABLE, schemaBehind } from './migrations.js';
import { letServe, OWNS_TABLES, servingRoleOf } from './serving-role.js';

/** A number that nothing else locks: `narwhal` on a phone's keys. */
const ADVISORY_LOCK = 6_279_425;
const LOCK_NOT_AVAILABLE = '55P03';
const TRIES = 60;

type Say = (line: string) => void;

/**
 * Runs one migrator at a time. It polls: a connection that waits inside pg_advisory_lock holds a snapshot, and the
 * running migrator's CREATE INDEX CONCURRENTLY would wait for it in turn.
 */
async function withLock<Result>(runner: QueryRunner, say: Say, work: () => Promise<Result>): Promise<Result> {
  for (let tries = 0; ; tries += 1) {
    const [row] = (await runner.query('SELECT pg_try_advisory_lock($1) AS mine', [ADVISORY_LOCK])) as {
      mine: boolean;
    }[];
    if (row?.mine) break;
    if (tries === 0) say('another migrator is at work; waiting for it');
    await sleep(250);
  }
  try {
    return await work();
  } finally {
    await runner.query('SELECT pg_advisory_unlock($1)', [ADVISORY_LOCK]);
  }
}

function isLockTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === LOCK_NOT_AVAILABLE;
}

/** Runs pending migrations; records them file by file, so that a retry continues where the first try stopped. */
async function runPending(source: DataSource, say: Say): Promise<string[]> {
  const applied: string[] = [];
  for (let tries = 1; ; tries += 1) {
    try {
      const done = await source.runMigrations({ transaction: 'each' });
      return [...applied, ...done.map(({ name }) => name)];
    } catch (error) {
      if (!isLockTimeout(error) || tries === TRIES) throw error;
      say(`a table is in use; trying again (${tries} of ${TRIES})`);
      await sleep(250 + Math.random() * 750);
    }
  }
}

/**
 * Migrates the database at `url` to this program's schema and returns the applied migrations; gives the role of `servingUrl`,
 * if it is another, its rights. Safe to run from many machines at once.
 */
export async function migrate(
  url: string,
  say: Say = () => undefined,
  servingUrl: string = url,
): Promise<string[]> {
  const serving = servingRoleOf(servingUrl, url);
  const source = await openDataSource({ url, name: 'narwhal-migrate', pool: 2 });
  const runner = source.createQueryRunner();
  try {
    return await withLock(runner, say, async () => {
      const applied = await runPending(source, say);
      if (serving) await letServe(runner, serving);
      return applied;
    });
  } finally {
    await runner.release();
    await source.destroy();
  }
}

/** The state of a database as a new connection sees it. */
export interface DatabaseLook {
  /** The server's version, such as 17.2. */
  version: string;
  /** Migrations that this program knows and the database lacks. */
  behind: string[];
  /** Migrations that the database has and this program does not know: a newer release was here. */
  ahead: string[];
  /** Whether the role may alter the tables. */
  ownsTables: boolean;
}

/** Connects once, reads, and disconnects. Rejects with PostgreSQL's error: `databaseFault` puts that into words. */
export async function lookAtDatabase(url: string): Promise<DatabaseLook> {
  const source = await openDataSource({ url, name: 'narwhal-doctor', pool: 1 });
  try {
    const database = new Database(source);
    const version = await database.value<string>('doctor.version', 'SHOW server_version');
    const behind = await schemaBehind(database);
    const applied =
      behind.length === migrationNames.length
        ? []
        : await database.values<string>('schema.applied', `SELECT name FROM ${MIGRATIONS_TABLE}`);
    const ahead = applied.filter((name) => !migrationNames.includes(name));
    const ownsTables = (await database.value<boolean>('doctor.owner', OWNS_TABLES)) ?? false;
    return { version: version ?? '', behind, ahead, ownsTables };
  } finally {
    await source.destroy();
  }
}
