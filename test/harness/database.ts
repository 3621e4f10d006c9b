import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { servers, TEMPLATE } from './servers.js';

/** A test's own database, with the current schema and no rows. */
export interface TestDatabase {
  /** For api and worker. */
  url: string;
  /** For whoever may do everything with it; `query` does. */
  operatorUrl: string;
  /** bigint is returned as text, as everywhere. */
  query<Row extends pg.QueryResultRow>(sql: string, parameters?: unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

async function onServer(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: servers().postgres });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

function named(name: string, server: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

/** `empty` is a database before its first migration, where api and worker may not do anything yet. */
export async function freshDatabase(state: 'migrated' | 'empty' = 'migrated'): Promise<TestDatabase> {
  const name = `spec_${randomBytes(6).toString('hex')}`;
  await onServer(`CREATE DATABASE ${name} TEMPLATE ${state === 'migrated' ? TEMPLATE : 'template1'}`);
  const operatorUrl = named(name, servers().postgres);
  const pool = new pg.Pool({ connectionString: operatorUrl, max: 4 });
  // A test that stops the server kills idle connections too, and pg reports that here.
  pool.on('error', () => undefined);
  return {
    url: named(name, servers().serving),
    operatorUrl,
    query: async <Row extends pg.QueryResultRow>(sql: string, parameters: unknown[] = []) => {
      const { rows } = await pool.query<Row>(sql, parameters);
      return rows;
    },
    close: async () => {
      await pool.end();
      await onServer(`DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}
