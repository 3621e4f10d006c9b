import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { observed } from '../database.js';
import { PooledConnection } from '../pooled-connection.js';
import { Queryable, type Answer } from '../queryable.js';

/** The replica lacks, for now, writes that it has received. */
class ReplicaBehind extends Error {
  override readonly name = 'ReplicaBehind';
  /** PostgreSQL's code for a server that cannot serve yet. */
  readonly code = '57P03';

  constructor() {
    super('the replica has not replayed everything that it received');
  }
}

/**
 * The second statement divides by zero unless this server has replayed all that it received, or leads by now, and so fails what
 * follows. A synchronous replica has received every confirmed write, so none that was confirmed before this is missing in an answer.
 * A replica that has received nothing since it started does not know what it lacks.
 */
const BEGIN = `BEGIN READ ONLY; SELECT 1 / (NOT pg_is_in_recovery()
  OR coalesce(pg_last_wal_receive_lsn() <= pg_last_wal_replay_lsn(), false))::int`;
const DIVISION_BY_ZERO = '22012';
/** How soon a replica that is behind is asked again, in milliseconds. */
const ASKED_AGAIN = 50;

interface ReplicaOptions {
  url: string;
  /** Shown in pg_stat_activity. */
  name: string;
  /** The most connections; they are opened when the primary is away, and closed when they have been idle. */
  pool: number;
  /** How long an answer may take, in milliseconds. */
  limit: number;
}

/** A synchronous replica that answers reads. It takes no writes, whatever it is. */
export class Replica extends Queryable {
  private readonly pool: pg.Pool;

  constructor(private readonly options: ReplicaOptions) {
    super();
    const { url, name, pool, limit } = options;
    const settings = {
      connectionString: url,
      application_name: name,
      max: pool,
      connectionTimeoutMillis: limit,
      idleTimeoutMillis: 30_000,
      keepAlive: true,
      // The check, the statement and the end are sent together.
      pipeline: true,
    };
    this.pool = new pg.Pool(settings);
    // The pool has dropped an idle connection that was lost; without a listener the process would end.
    this.pool.on('error', () => undefined);
  }

  async query<Row>(name: string, sql: string, parameters: readonly unknown[] = []): Promise<Answer<Row>> {
    return observed(name, sql, () => this.caughtUp(sql, parameters));
  }

  close(): Promise<void> {
    return this.pool.end();
  }

  private async caughtUp(sql: string, parameters: readonly unknown[]) {
    const deadline = performance.now() + this.options.limit;
    for (;;) {
      const answer = await this.answer(sql, parameters);
      if (answer) return answer;
      if (performance.now() > deadline) throw new ReplicaBehind();
      await sleep(ASKED_AGAIN);
    }
  }

  /** Null when it is behind. */
  private async answer(sql: string, parameters: readonly unknown[]) {
    const connection = await PooledConnection.of(this.pool, this.options.limit);
    try {
      const [begun, answer] = await Promise.allSettled([
        connection.query(BEGIN),
        connection.query(sql, parameters),
        connection.query('COMMIT'),
      ]);
      if (begun.status === 'rejected') {
        if ((begun.reason as { code?: unknown }).code === DIVISION_BY_ZERO) return null;
        throw begun.reason;
      }
      if (answer.status === 'rejected') throw answer.reason;
      return answer.value;
    } finally {
      connection.release();
    }
  }
}
