import { DataSource, type DataSourceOptions } from 'typeorm';
import * as entities from './entities/index.js';
import { MIGRATIONS_TABLE, migrations } from './migrations.js';

interface Connection {
  url: string;
  /** Shown in pg_stat_activity, so that an operator sees whose query runs. */
  name: string;
  pool?: number;
}

/**
 * How every process connects to PostgreSQL. No session state: behind PgBouncer in transaction mode a SET would apply to
 * another client's connection, so time-outs are ALTER ROLE settings, not options here.
 */
export function dataSourceOptions({ url, name, pool = 2 }: Connection): DataSourceOptions {
  return {
    type: 'postgres',
    url,
    applicationName: name,
    poolSize: pool,
    entities,
    migrations,
    migrationsTableName: MIGRATIONS_TABLE,
    synchronize: false,
    migrationsRun: false,
    installExtensions: false,
    logging: false,
    extra: {
      // Without a time-out, requests hang while the database is unreachable.
      connectionTimeoutMillis: 5_000,
      idleTimeoutMillis: 30_000,
      keepAlive: true,
      // Independent statements of a transaction are sent together.
      pipeline: true,
    },
  };
}

export type { DataSource };

/** Opens a connection pool for a program that is no Nest application; the caller destroys it. @throws what pg throws */
export const openDataSource = (connection: Connection): Promise<DataSource> =>
  new DataSource(dataSourceOptions(connection)).initialize();
