import { DataSource } from 'typeorm';
import { dataSourceOptions, MIGRATIONS_TABLE } from './data-source.js';
import { Database } from './database.js';
import { migrationNames } from './migrations.js';
import { schemaBehind } from './schema-behind.js';

/** The state of a database as a new connection sees it. */
export interface DatabaseLook {
  /** The server's version, such as 17.2. */
  version: string;
  /** Migrations that this program knows and the database lacks. */
  behind: string[];
  /** Migrations that the database has and this program does not know: a newer release was here. */
  ahead: string[];
}

/** Connects once, reads, and disconnects. Rejects with PostgreSQL's error: `databaseFault` puts that into words. */
export async function lookAtDatabase(url: string): Promise<DatabaseLook> {
  const source = new DataSource(dataSourceOptions({ url, name: 'narwhal-doctor', pool: 1 }));
  await source.initialize();
  try {
    const database = new Database(source);
    const version = await database.query<{ server_version: string }>('doctor.version', 'SHOW server_version');
    const behind = await schemaBehind(database);
    const applied =
      behind.length === migrationNames.length
        ? []
        : (await database.query<{ name: string }>('schema.applied', `SELECT name FROM ${MIGRATIONS_TABLE}`))
            .rows;
    const ahead = applied.map(({ name }) => name).filter((name) => !migrationNames.includes(name));
    return { version: version.rows[0]?.server_version ?? '', behind, ahead };
  } finally {
    await source.destroy();
  }
}
