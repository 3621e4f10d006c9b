import { channel } from 'node:diagnostics_channel';
import { beginSpan, type Logger } from '@app/platform';
import type { Pool } from 'pg';
import { DataSource } from 'typeorm';
import { PooledConnection, ReplicaAsked } from './pooled-connection.js';
import { QueryWatch } from './query-watch.js';
import { Queryable, type Answer } from './queryable.js';

/** Publishes every statement with its name to whoever subscribes in this process: the tests check that it names its shard. */
const statements = channel('narwhal.statement');

let watch: QueryWatch | undefined;

/** Counts every statement of this process by name, and logs failures. Call it once a process. */
export function watchQueries(logger: Logger): void {
  watch = new QueryWatch(logger);
}

/** How long PostgreSQL may take while somebody waits, in milliseconds, including the wait for a connection. */
export interface TimeLimits {
  read: number;
  /** A whole transaction, or one statement that writes. */
  write: number;
}

/** PostgreSQL rolled the transaction back in favour of another one: retry it. */
const ROLLED_BACK = /^40(001|P01)$/;
const TRIES = 3;

const isRolledBack = (error: unknown): boolean =>
  ROLLED_BACK.test(String((error as { code?: unknown }).code ?? ''));

/** Runs one statement, and observes it by name. */
export async function observed<Row>(
  name: string,
  sql: string,
  send: () => Promise<{ rows: unknown[]; rowCount: number | null }>,
): Promise<Answer<Row>> {
  if (statements.hasSubscribers) statements.publish({ name, sql });
  const begun = performance.now();
  const span = beginSpan('sql', name);
  const seconds = () => (performance.now() - begun) / 1000;
  try {
    const { rows, rowCount } = await send();
    span?.end();
    watch?.answered(name, seconds());
    return { rows: rows as Row[], count: rowCount ?? rows.length };
  } catch (error) {
    span?.end(error);
    watch?.failed(name, seconds(), error);
    throw error;
  }
}

export interface PoolState {
  busy: number;
  idle: number;
  waiting: number;
}

/** PostgreSQL, the source of truth. Repositories hold the SQL; services open the transactions. */
export class Database extends Queryable {
  /** Without limits, statements have no time-out: later work, migrations. */
  constructor(
    private readonly source: DataSource,
    private readonly limits?: TimeLimits,
  ) {
    super();
  }

  async query<Row>(name: string, sql: string, parameters: readonly unknown[] = []): Promise<Answer<Row>> {
    const limit = /^\s*(SELECT|\(SELECT)\b/.test(sql) ? this.limits?.read : this.limits?.write;
    return observed(name, sql, () => this.on(limit, (connection) => connection.query(sql, parameters)));
  }

  /** The pool's connections, and the statements that wait for one. */
  get pool(): PoolState {
    const { totalCount, idleCount, waitingCount } = this.connections;
    return { busy: totalCount - idleCount, idle: idleCount, waiting: waitingCount };
  }

  /**
   * Runs `work` in one transaction: commits when it resolves, rolls back when it throws, retries when PostgreSQL rolled
   * it back to end a deadlock. Statements are answered in the order in which they were sent, whether or not one waits for
   * another; after one fails, all later ones fail. `onlyReads`: it may run on a replica.
   */
  async transaction<Result>(
    work: (tx: Queryable) => Promise<Result>,
    { onlyReads = false } = {},
  ): Promise<Result> {
    return this.on(this.limits?.write, async (connection) => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await transactionOn(connection, work, onlyReads ? 'BEGIN' : BEGIN);
        } catch (error) {
          if (!isRolledBack(error) || attempt === TRIES) throw error;
        }
      }
    });
  }

  /**
   * Repeats a search without a result in a transaction, which a replica refuses: a replica may lack rows that exist. For
   * reads after which a client gives something up for good.
   */
  async findForSure<Found>(find: (connection: Queryable) => Promise<Found | null>): Promise<Found | null> {
    return (await find(this)) ?? (await this.transaction(find));
  }

  private get connections(): Pool {
    return (this.source.driver as unknown as { master: Pool }).master;
  }

  private async on<Result>(
    limit: number | undefined,
    work: (connection: PooledConnection) => Promise<Result>,
  ): Promise<Result> {
    const connection = await PooledConnection.of(this.connections, limit);
    try {
      return await work(connection);
    } finally {
      connection.release();
    }
  }
}

class Transaction extends Queryable {
  private failure: unknown;

  constructor(private readonly connection: PooledConnection) {
    super();
  }

  /** After a failure, statements sent with it fail too, and may reject first: all throw the first error, which decides about a retry. */
  query<Row>(name: string, sql: string, parameters?: readonly unknown[]): Promise<Answer<Row>> {
    return observed<Row>(name, sql, () => this.connection.query(sql, parameters)).catch((error: unknown) => {
      throw (this.failure ??= error);
    });
  }
}

/**
 * One message. If PostgreSQL takes no writes (a replica, or a primary that an operator closed), the second statement divides by zero
 * and fails all that follow, reads as well: a replica lags.
 */
const BEGIN = `BEGIN; SELECT 1 / (current_setting('transaction_read_only') = 'off')::int`;
const DIVISION_BY_ZERO = '22012';

const asReplica = (error: unknown): unknown =>
  (error as { code?: unknown }).code === DIVISION_BY_ZERO ? new ReplicaAsked(error) : error;

async function transactionOn<Result>(
  connection: PooledConnection,
  work: (tx: Queryable) => Promise<Result>,
  begin: string,
): Promise<Result> {
  // Sent with the first statement; if it fails, so does that.
  const begun = connection.query(begin);
  const refused = begun.then(
    () => null,
    (error: unknown) => {
      watch?.failed('transaction.begin', 0, error);
      return asReplica(error);
    },
  );
  try {
    const result = await work(new Transaction(connection));
    await begun;
    await connection.query('COMMIT');
    return result;
  } catch (error) {
    // If the connection is lost, PostgreSQL has already rolled back.
    await connection.query('ROLLBACK').catch((fault: Error) => connection.abandon(fault));
    throw (await refused) ?? error;
  }
}
