import { Inject, Injectable, Optional } from '@nestjs/common';
import { beginSpan, type Logger } from '@app/platform';
import type { Pool } from 'pg';
import { DataSource } from 'typeorm';
import { PooledConnection, ReplicaAsked } from './pooled-connection.js';
import { QueryWatch } from './query-watch.js';

/** What a statement answered: its rows, and how many rows it touched. */
export interface Answer<Row> {
  rows: Row[];
  count: number;
}

/**
 * Something that runs SQL: the database, or a transaction. `name` labels the metric and the log, never pg's prepared
 * statements (PgBouncer in transaction mode loses them). bigint arrives as text and stays text.
 */
export interface Queryable {
  query<Row = Record<string, unknown>>(
    name: string,
    sql: string,
    parameters?: readonly unknown[],
  ): Promise<Answer<Row>>;
}

let watch: QueryWatch | undefined;

/** Counts every statement of this process by its name, and logs those that fail. Once a process. */
export function watchQueries(logger: Logger): void {
  watch = new QueryWatch(logger);
}

/** How long PostgreSQL has to answer whom somebody waits for, in milliseconds, the wait for a connection included. */
export interface TimeLimits {
  read: number;
  /** A transaction as a whole; or one statement that writes. */
  write: number;
}

/** Token of the process's `TimeLimits`. Without any, a statement may take as long as it takes: later work, migrations. */
export const TIME_LIMITS = Symbol('TIME_LIMITS');

/** PostgreSQL ended the transaction for the sake of another one, and asks for it again. */
const ROLLED_BACK = /^40(001|P01)$/;
const TRIES = 3;

const isRolledBack = (error: unknown): boolean =>
  ROLLED_BACK.test(String((error as { code?: unknown }).code ?? ''));

/** Runs one statement, and watches it by its name. */
async function observed<Row>(
  name: string,
  send: () => Promise<{ rows: unknown[]; rowCount: number | null }>,
): Promise<Answer<Row>> {
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

/** PostgreSQL, the truth. Repositories hold the SQL; services open the transactions. */
@Injectable()
export class Database implements Queryable {
  constructor(
    private readonly source: DataSource,
    @Optional() @Inject(TIME_LIMITS) private readonly limits?: TimeLimits,
  ) {}

  async query<Row>(name: string, sql: string, parameters: readonly unknown[] = []): Promise<Answer<Row>> {
    const limit = /^\s*(SELECT|\(SELECT)\b/.test(sql) ? this.limits?.read : this.limits?.write;
    return observed(name, () => this.on(limit, (connection) => connection.query(sql, parameters)));
  }

  /** The pool's connections, and the statements that wait for one. */
  get pool(): PoolState {
    const { totalCount, idleCount, waitingCount } = this.connections;
    return { busy: totalCount - idleCount, idle: idleCount, waiting: waitingCount };
  }

  /**
   * Runs `work` in one transaction: committed when it resolves, rolled back when it throws; run again when PostgreSQL rolled it back to
   * end a deadlock. Statements are answered in the order in which they were sent, whether or not one waits for another; after one that
   * failed all fail. `onlyReads`: a replica will do.
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
   * What is not found is looked for once more in a transaction, which a replica refuses: what it lacks may be there all the same. For reads
   * after which a client gives something up for good.
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

/**
 * One message. Where PostgreSQL takes no writes (a replica, or a primary that an operator closed), its second statement divides by
 * zero and fails all that follow, reads as well: a replica lags.
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
  // Of statements sent together all later ones fail, too, and may be heard of first: by it one knows whether to try again.
  let first: unknown;
  // Goes out with the first statement; if it fails, so does that.
  const begun = connection.query(begin);
  const refused = begun.then(
    () => null,
    (error: unknown) => {
      watch?.failed('transaction.begin', 0, error);
      return asReplica(error);
    },
  );
  try {
    const result = await work({
      query: <Row>(name: string, sql: string, parameters?: readonly unknown[]) =>
        observed<Row>(name, () => connection.query(sql, parameters)).catch((error: unknown) => {
          throw (first ??= error);
        }),
    });
    await begun;
    await connection.query('COMMIT');
    return result;
  } catch (error) {
    // Where the connection is lost, PostgreSQL has rolled back by itself.
    await connection.query('ROLLBACK').catch((fault: Error) => connection.abandon(fault));
    throw (await refused) ?? error;
  }
}
