import type { Duplex } from 'node:stream';
import type { Pool, PoolClient } from 'pg';

/** The connection was lost before the answer arrived: the statements may have been carried out. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
  /** PostgreSQL's own code for it. */
  readonly code = '08006';

  constructor(cause: unknown) {
    super('the connection to PostgreSQL was lost', { cause });
  }
}

/** PostgreSQL did not answer in time: the statements may have been carried out, or may be later. */
export class AnswerOverdue extends Error {
  override readonly name = 'AnswerOverdue';
  readonly code = 'ETIMEDOUT';

  constructor(milliseconds: number) {
    super(`PostgreSQL did not answer within ${milliseconds} ms`);
  }
}

/**
 * A write was sent to a replica, or to a primary that is closed for writes. A replica may lack acknowledged rows, so a missing row is
 * no reason to refuse anything.
 */
export class ReplicaAsked extends Error {
  override readonly name = 'ReplicaAsked';
  /** PostgreSQL's code for a write that it cannot take. */
  readonly code = '25006';

  constructor(cause: unknown) {
    super('this PostgreSQL takes no writes: it is a replica, or closed for them', { cause });
  }
}

/** One connection of the pool while one transaction, or one statement, uses it. */
export class PooledConnection {
  private fault: Error | undefined;
  private isReleased = false;
  private timer: NodeJS.Timeout | undefined;

  private constructor(private readonly client: PoolClient) {
    client.on('error', this.onLost);
  }

  /** With a limit, in milliseconds, it is destroyed when that expires; the wait for it counts. */
  static async of(pool: Pool, limit?: number): Promise<PooledConnection> {
    const begun = performance.now();
    const connection = await PooledConnection.next(pool);
    if (limit === undefined) return connection;
    const left = Math.max(0, limit - (performance.now() - begun));
    connection.timer = setTimeout(() => connection.abandon(new AnswerOverdue(limit)), left);
    return connection;
  }

  /** Adds the error listener at once: a connection lost in the same packet that made it would otherwise end the process. */
  private static next(pool: Pool): Promise<PooledConnection> {
    return new Promise((settle, fail) => {
      pool.connect((error, client) => {
        if (client) settle(new PooledConnection(client));
        else fail(error ?? new Error('expected a connection of the pool but received none'));
      });
    });
  }

  async query(
    sql: string,
    parameters: readonly unknown[] = [],
  ): Promise<{ rows: unknown[]; rowCount: number | null }> {
    if (this.fault) throw this.fault;
    if (this.isReleased) throw new Error('expected a statement before the end of its transaction');
    try {
      return await this.client.query<Record<string, unknown>>(sql, [...parameters]);
    } catch (error) {
      // pg names PostgreSQL's errors just "error".
      if (error instanceof Error && error.name === 'error') error.name = 'DatabaseError';
      throw this.fault ?? error;
    }
  }

  /**
   * Destroys the connection: back in the pool, it would give the outstanding answers to its next user. Waiting statements
   * fail at once; pg by itself would wait for their answers before it ends the connection.
   */
  abandon(fault: Error): void {
    if (this.isReleased) return;
    this.fault ??= fault;
    (this.client as unknown as { connection: { stream: Duplex } }).connection.stream.destroy();
    this.release();
  }

  release(): void {
    clearTimeout(this.timer);
    if (this.isReleased) return;
    this.isReleased = true;
    this.client.removeListener('error', this.onLost);
    this.client.release(this.fault);
  }

  private readonly onLost = (cause: Error): void => this.abandon(new ConnectionLost(cause));
}
