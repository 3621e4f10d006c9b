import { shardOf, type Id } from '@app/platform';

/** A statement's result: its rows, and the number of rows it touched. */
export interface Answer<Row> {
  rows: Row[];
  count: number;
}

/** A statement: its name, its SQL and its parameters. */
type Statement = [name: string, sql: string, parameters?: readonly unknown[]];

/**
 * Runs SQL: the database, or a transaction. A statement's name labels the metric and the log, never pg's prepared statements
 * (PgBouncer in transaction mode loses them). bigint arrives as text and stays text.
 */
export abstract class Queryable {
  abstract query<Row = Record<string, unknown>>(...statement: Statement): Promise<Answer<Row>>;

  /** All rows of the answer. */
  async list<Row>(...statement: Statement): Promise<Row[]> {
    return (await this.query<Row>(...statement)).rows;
  }

  async first<Row>(...statement: Statement): Promise<Row | null> {
    return (await this.query<Row>(...statement)).rows[0] ?? null;
  }

  /** The only column of every row. */
  async values<Value>(...statement: Statement): Promise<Value[]> {
    return (await this.query<object>(...statement)).rows.map((row) => Object.values(row)[0] as Value);
  }

  async value<Value>(...statement: Statement): Promise<Value | null> {
    return (await this.values<Value>(...statement))[0] ?? null;
  }

  /** Whether the statement found or changed one row. */
  async touchesOne(...statement: Statement): Promise<boolean> {
    return (await this.query(...statement)).count === 1;
  }

  /** The row of an id; `lock` lasts until the transaction ends. */
  byId<Row>(
    name: string,
    table: string,
    id: Id,
    lock: '' | 'FOR UPDATE' | 'FOR SHARE' = '',
  ): Promise<Row | null> {
    const sql = `SELECT * FROM ${table} WHERE shard = $1 AND id = $2 ${lock}`;
    return this.first(name, sql, [shardOf(id), id]);
  }

  /** The rows of these ids, without those that have none. */
  async byIds<Row extends { id: Id }>(
    name: string,
    table: string,
    ids: readonly Id[],
  ): Promise<Map<Id, Row>> {
    if (ids.length === 0) return new Map();
    const rows = await this.list<Row>(
      name,
      `SELECT t.* FROM unnest($1::int[], $2::bigint[]) AS wanted(shard, id)
       JOIN ${table} t ON t.shard = wanted.shard AND t.id = wanted.id`,
      [ids.map(shardOf), ids],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }
}

/** The parameters of a row's key: $1 its shard, $2 its id; then the statement's others. */
export const keyOf = (id: Id, ...others: unknown[]): unknown[] => [shardOf(id), id, ...others];
