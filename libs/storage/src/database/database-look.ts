import { DataSource } from 'typeorm';
import { dataSourceOptions, MIGRATIONS_TABLE } from './data-source.js';
import { Database } from './database.js';
import { migrationNames } from './migrations.js';
import { schemaBehind } from './schema-behind.js';

/** What somebody who has just arrived at a database sees of it. */
export interface DatabaseLook {
  /** The server's version: 17.2 and the like. */
  version: string;
  /** Migrations that this program knows and the database has not had. */
  behind: string[];
  /** Migrations that the database has had and this program does not know: a newer release was here. */
  ahead: string[];
}

/** Connects once, looks, and leaves. Rejects as PostgreSQL refuses: `databaseFault` puts that into words. */
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
