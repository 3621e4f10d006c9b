import pg from 'pg';
import type { Heard, Heartbeat } from '@app/platform';
import type { Answer, Queryable } from './queryable.js';
import { schemaBehind } from './migrations.js';
import { OWNS_TABLES } from './serving-role.js';

interface BeatRow {
  facts: Heartbeat;
  beat: number;
  age: number;
}

/** PostgreSQL's figures about itself. */
export interface PostgresFacts {
  /** Used connections as a share of max_connections. */
  connections: number;
  /** The slowest replica's lag, in seconds; null without one. */
  replicationLag: number | null;
  /** Whole segments of WAL that are not archived yet; null where nothing is archived. */
  walWaiting: number | null;
}

/** Figures that take longer to read, once a minute. */
export interface PostgresSizes {
  bytes: number;
  sessions: number;
  activePeople: number;
}

/** The archiver goes in order, so that the one that fails is the oldest that waits. Everybody may read this; the files' states not. */
const FACTS = `
  WITH segments AS (
    SELECT CASE WHEN failing THEN last_failed_wal ELSE last_archived_wal END AS name, NOT failing AS done,
      pg_size_bytes(current_setting('wal_segment_size')) AS size
    FROM (SELECT *, coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) AS failing
          FROM pg_stat_archiver) AS archiver)
  SELECT (SELECT count(*) FROM pg_stat_activity)::float / current_setting('max_connections')::int AS connections,
    (SELECT max(extract(epoch FROM coalesce(replay_lag, '0')))::float FROM pg_stat_replication) AS "replicationLag",
    (SELECT CASE WHEN current_setting('archive_mode') <> 'off' AND NOT pg_is_in_recovery() AND name ~ '^[0-9A-F]{24}' THEN greatest(0,
       floor(pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') / size)
       - ('x' || substr(name, 9, 8))::bit(32)::bigint * (4294967296 / size) - ('x' || substr(name, 17, 8))::bit(32)::bigint
       - done::int) END FROM segments)::int AS "walWaiting"`;

/**
 * A client in use refreshes its session at least every 15 minutes. Sessions are counted exactly while they are few;
 * synthetic people's are left out.
 */
const SIZES = `
  SELECT pg_database_size(current_database())::float AS bytes,
    (SELECT count(DISTINCT user_id)::int FROM sessions WHERE refreshed_at > now() - interval '15 minutes'
      AND user_id NOT IN (SELECT id FROM users WHERE role = 'synthetic')) AS "activePeople",
    (SELECT CASE WHEN reltuples > 100000 THEN reltuples::float ELSE (SELECT count(*) FROM sessions
      WHERE user_id NOT IN (SELECT id FROM users WHERE role = 'synthetic'))::float END
     FROM pg_class WHERE oid = 'sessions'::regclass) AS sessions`;

/**
 * A dedicated connection to PostgreSQL, to check whether it can be reached: a query through the pool would wait behind
 * requests, and a busy process would take a busy database for an unreachable one.
 */
export class PostgresProbe {
  private client: pg.Client | null = null;
  private knownCurrent = false;

  constructor(
    private readonly url: string,
    /** Milliseconds to wait for a connection, and for an answer. */
    private readonly patience: number,
  ) {}

  private async connected(): Promise<pg.Client> {
    if (this.client) return this.client;
    const client = new pg.Client({
      connectionString: this.url,
      application_name: 'narwhal-watch',
      connectionTimeoutMillis: this.patience,
      query_timeout: this.patience,
      keepAlive: true,
      // Heartbeats and figures are asked for at once: pg warns where they wait for each other in its own queue.
      pipeline: true,
    });
    client.on('error', () => this.drop(client));
    await client.connect();
    this.client = client;
    return client;
  }

  private drop(client: pg.Client): void {
    if (this.client === client) this.client = null;
    // It is dropped because it failed; a second failure adds nothing.
    client.end().catch(() => undefined);
  }

  private async ask<Row extends pg.QueryResultRow>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    const client = await this.connected();
    try {
      return (await client.query<Row>(sql, parameters)).rows;
    } catch (error) {
      // A late answer may still arrive, in the middle of the next query.
      this.drop(client);
      throw error;
    }
  }

  /** Writes our heartbeat; reads everybody's of the last day, or null. @throws what PostgreSQL or the socket throws */
  async beat(own: Heartbeat, reads: boolean): Promise<Heard[] | null> {
    await this.ask(
      `INSERT INTO heartbeats (id, kind, beat, facts) VALUES ($1, $2, $3, $4)
       ON CONFLICT (id) DO UPDATE SET beat = EXCLUDED.beat, facts = EXCLUDED.facts, beaten_at = clock_timestamp()`,
      [own.id, own.kind, own.beat, own],
    );
    if (!reads) return null;
    const rows = await this.ask<BeatRow>(
      `SELECT facts, beat, extract(epoch FROM clock_timestamp() - beaten_at)::float AS age FROM heartbeats
       ORDER BY beaten_at DESC LIMIT 500`,
    );
    return rows.map(({ facts, beat, age }) => ({ heartbeat: { ...facts, beat }, age }));
  }

  /** Only connects, where the schema has no heartbeats yet. */
  async look(): Promise<void> {
    await this.ask('SELECT 1');
  }

  /** Deletes the heartbeat of a process that ends in order, and old ones. */
  async leave(id: string): Promise<void> {
    await this.ask(`DELETE FROM heartbeats WHERE id = $1 OR beaten_at < now() - interval '1 day'`, [id]);
  }

  /** Returns missing migrations; once there are none it does not query again. */
  async behind(): Promise<string[]> {
    if (this.knownCurrent) return [];
    const queryable: Pick<Queryable, 'query'> = {
      query: async <Row>(_: string, sql: string, parameters: readonly unknown[] = []) => {
        const rows = await this.ask(sql, [...parameters]);
        return { rows, count: rows.length } as unknown as Answer<Row>;
      },
    };
    const missing = await schemaBehind(queryable);
    this.knownCurrent = missing.length === 0;
    return missing;
  }

  async facts(): Promise<PostgresFacts> {
    const [facts] = await this.ask<PostgresFacts & pg.QueryResultRow>(FACTS);
    return facts as PostgresFacts;
  }

  async sizes(): Promise<PostgresSizes> {
    const [sizes] = await this.ask<PostgresSizes & pg.QueryResultRow>(SIZES);
    return sizes as PostgresSizes;
  }

  async ownsTables(): Promise<boolean> {
    const [row] = await this.ask<{ owns: boolean }>(OWNS_TABLES);
    return row?.owns ?? false;
  }

  async close(): Promise<void> {
    // The process ends: PostgreSQL sees the connection close in any case.
    await this.client?.end().catch(() => undefined);
  }
}
