import { MIGRATIONS_TABLE } from './data-source.js';
import type { Queryable } from './queryable.js';
import { migrationNames } from './migrations.js';

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
