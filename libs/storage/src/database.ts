import { Injectable } from '@nestjs/common';
import { beginSpan, counter, histogram } from '@app/platform';
import { InjectDataSource } from '@nestjs/typeorm';
import type { Pool } from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';

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

type QueryObserver = (name: string, seconds: number, failed: boolean) => void;

let observer: QueryObserver = () => undefined;

/** Counts every statement of this process by its name. Once a process. */
export function measureQueries(): void {
  const took = histogram('narwhal_query_seconds');
  const failures = counter('narwhal_query_failures_total');
  observer = (query, seconds, failed) => {
    took.observe({ query }, seconds);
    if (failed) failures.inc({ query });
  };
}

async function run<Row>(
  runner: QueryRunner,
  name: string,
  sql: string,
  parameters: readonly unknown[],
): Promise<Answer<Row>> {
  const begun = performance.now();
  const span = beginSpan('sql', name);
  let failed = true;
  try {
    const result = await runner.query(sql, [...parameters], true);
    failed = false;
    span?.end();
    const rows = (result.records ?? []) as Row[];
    return { rows, count: result.affected ?? rows.length };
  } catch (error) {
    span?.end(error);
    throw error;
  } finally {
    observer(name, (performance.now() - begun) / 1000, failed);
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
  constructor(@InjectDataSource() private readonly source: DataSource) {}

  async query<Row>(name: string, sql: string, parameters: readonly unknown[] = []): Promise<Answer<Row>> {
    const runner = this.source.createQueryRunner();
    try {
      return await run<Row>(runner, name, sql, parameters);
    } finally {
      await runner.release();
    }
  }

  /** The pool's connections, and the statements that wait for one. */
  get pool(): PoolState {
    const { totalCount, idleCount, waitingCount } = (this.source.driver as unknown as { master: Pool })
      .master;
    return { busy: totalCount - idleCount, idle: idleCount, waiting: waitingCount };
  }

  /**
   * Runs `work` in one transaction: committed when it resolves, rolled back when it throws. Statements are answered in the order in which
   * they were sent, whether or not one waits for another; after one that failed all fail.
   */
  async transaction<Result>(work: (tx: Queryable) => Promise<Result>): Promise<Result> {
    const runner = this.source.createQueryRunner();
    try {
      await runner.connect();
      return await transactionOn(runner, work);
    } finally {
      await runner.release();
    }
  }
}

async function transactionOn<Result>(
  runner: QueryRunner,
  work: (tx: Queryable) => Promise<Result>,
): Promise<Result> {
  try {
    // Goes out with the first statement; if it fails, so does that.
    const begun = runner.query('BEGIN');
    // `await begun` below throws it; until then it is nobody's rejection.
    begun.catch(() => undefined);
    const result = await work({ query: (name, sql, parameters = []) => run(runner, name, sql, parameters) });
    await begun;
    await runner.query('COMMIT');
    return result;
  } catch (error) {
    // Where the connection is lost, PostgreSQL has rolled back by itself.
    await runner.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
