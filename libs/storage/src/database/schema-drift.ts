import { DataSource } from 'typeorm';
import { dataSourceOptions } from './data-source.js';
import { MIGRATIONS_TABLE } from './migrations.js';

const OUR_TABLES = `
  SELECT c.oid, c.relname AS name FROM pg_class c
  WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace AND c.relname <> '${MIGRATIONS_TABLE}'`;

const TABLES = `
  SELECT name, obj_description(oid, 'pg_class') AS comment FROM (${OUR_TABLES}) ours ORDER BY name`;

const BARE_COLUMNS = `
  SELECT ours.name || '.' || a.attname AS name FROM (${OUR_TABLES}) ours
  JOIN pg_attribute a ON a.attrelid = ours.oid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE col_description(ours.oid, a.attnum) IS NULL ORDER BY 1`;

const BROKEN_INDEXES = `SELECT indexrelid::regclass::text AS name FROM pg_index WHERE NOT indisvalid ORDER BY 1`;

async function namesOf(source: DataSource, sql: string): Promise<string[]> {
  const rows = await source.query<{ name: string }[]>(sql);
  return rows.map(({ name }) => name);
}

/** Differences that TypeORM's own comparison leaves out: tables without an entity, indexes by name. */
async function undeclared(source: DataSource): Promise<string[]> {
  const tables = await source.query<{ name: string; comment: string | null }[]>(TABLES);
  const known = new Map(source.entityMetadatas.map((entity) => [entity.tableName, entity]));
  const faults = tables
    .filter(({ name }) => !known.has(name))
    .map(({ name }) => `table ${name} has no entity`);
  for (const { name, comment } of tables) {
    const wanted = known.get(name)?.comment ?? null;
    if (!comment) faults.push(`table ${name} has no comment`);
    else if (comment !== wanted)
      faults.push(`table ${name} says "${comment}" but its entity says "${wanted}"`);
  }
  const present = new Set(
    await namesOf(source, 'SELECT indexname AS name FROM pg_indexes WHERE schemaname = current_schema()'),
  );
  const declared = source.entityMetadatas.flatMap((entity) => entity.indices.map(({ name }) => name));
  return [
    ...faults,
    ...declared.filter((name) => !present.has(name)).map((name) => `index ${name} is declared but not made`),
  ];
}

/**
 * The differences between the migrated database at `url` and the entities, as lines for people; empty when they agree.
 * Both ways: TypeORM's schema builder says what it would change, the catalogue what it does not compare.
 */
export async function schemaDrift(url: string): Promise<string[]> {
  const source = new DataSource(dataSourceOptions({ url, name: 'narwhal-drift' }));
  await source.initialize();
  try {
    const { upQueries } = await source.driver.createSchemaBuilder().log();
    return [
      ...upQueries.map(({ query }) => `the entities want: ${query}`),
      ...(await undeclared(source)),
      ...(await namesOf(source, BARE_COLUMNS)).map((name) => `column ${name} has no comment`),
      ...(await namesOf(source, BROKEN_INDEXES)).map((name) => `index ${name} is invalid`),
    ];
  } finally {
    await source.destroy();
  }
}
