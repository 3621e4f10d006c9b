import { DataSource, type DataSourceOptions } from 'typeorm';
import { entities } from './entities/index.js';
import { migrations } from './migrations.js';

/** The table in which applied migrations are noted; written by TypeORM's runner. */
export const MIGRATIONS_TABLE = 'migrations';

interface Connection {
  url: string;
  /** Shown in pg_stat_activity, so that an operator sees whose query runs. */
  name: string;
  pool?: number;
}

/**
 * How every process meets PostgreSQL. No session state: behind PgBouncer in transaction mode a SET would land on somebody
 * else's connection, so time-outs are ALTER ROLE settings, not options here.
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
      // A pool that waits for ever turns a database that is away into requests that hang.
      connectionTimeoutMillis: 5_000,
      idleTimeoutMillis: 30_000,
      keepAlive: true,
      // Statements of a transaction that need nothing of each other go out together.
      pipeline: true,
    },
  };
}

export type { DataSource };

/** A connection pool of a program that is no Nest application; whoever opens it destroys it. @throws what pg throws */
export const openDataSource = (connection: Connection): Promise<DataSource> =>
  new DataSource(dataSourceOptions(connection)).initialize();
