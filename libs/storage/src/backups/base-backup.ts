import { PassThrough, type Readable } from 'node:stream';
import pg from 'pg';

/** One physical copy of a server, while it is streamed. */
export interface BaseBackup {
  /** Identifies the cluster, also after a restore; another one's WAL does not fit. */
  system: string;
  /** Such as 18. */
  major: number;
  /** Bytes of a segment of WAL. */
  segmentBytes: number;
  begunAt: Date;
  /** The whole data folder. */
  tar: Readable;
  /** Once `tar` has been read to its end: the first and the last segment of WAL that a restore needs, and the server's time. */
  finish(): Promise<{ from: string; to: string; endedAt: Date }>;
  close(): Promise<void>;
}

/** The parts of pg's client that its types leave out. */
interface Wire {
  query(text: string): void;
  stream: NodeJS.ReadableStream;
}

const hex = (value: number): string => value.toString(16).toUpperCase().padStart(8, '0');

/** The name of the segment that holds a place in WAL (`16/B374D848`). */
export function walFileName(timeline: number, lsn: string, segmentBytes: number): string {
  const [high = 0, low = 0] = lsn.split('/').map((part) => Number.parseInt(part, 16));
  return `${hex(timeline)}${hex(high)}${hex(Math.floor(low / segmentBytes))}`;
}

/** Sends BASE_BACKUP, and passes on what the server streams; https://www.postgresql.org/docs/current/protocol-replication.html */
class BaseBackupQuery {
  readonly tar = new PassThrough({ highWaterMark: 4 * 1024 * 1024 });
  readonly done: Promise<void>;
  /** Where it began, and where it ended. */
  readonly places: { lsn: string; timeline: number }[] = [];
  private archives = 0;
  private result = 0;
  private isFull = false;
  private settle: () => void = () => undefined;
  private fail: (error: Error) => void = () => undefined;

  constructor() {
    this.done = new Promise((settle, fail) => {
      this.settle = settle;
      this.fail = fail;
    });
    // Awaited at the end; until then the stream tells of a failure.
    this.done.catch(() => undefined);
  }

  submit(wire: Wire): void {
    wire.query(`BASE_BACKUP (LABEL 'narwhal', CHECKPOINT 'fast', MANIFEST 'no', WAIT false)`);
  }

  handleRowDescription(): void {
    this.result += 1;
  }

  /** The second of three results lists tablespaces. */
  handleDataRow({ fields }: { fields: (string | null)[] }): void {
    if (this.result !== 2) this.places.push({ lsn: fields[0] ?? '', timeline: Number(fields[1]) });
  }

  handleCopyData({ chunk }: { chunk: Buffer }, { stream }: Wire): void {
    const kind = String.fromCharCode(chunk[0] ?? 0);
    if (kind === 'n') this.archives += 1;
    if (kind !== 'd' || this.tar.write(Buffer.from(chunk.subarray(1))) || this.isFull) return;
    // Messages that are here already still come.
    this.isFull = true;
    stream.pause();
    this.tar.once('drain', () => {
      this.isFull = false;
      stream.resume();
    });
  }

  handleCommandComplete(): void {
    // Each of its results has one.
  }

  handleReadyForQuery(): void {
    if (this.archives > 1) this.handleError(new Error('expected no tablespaces, but PostgreSQL has some'));
    else {
      this.tar.end();
      this.settle();
    }
  }

  handleError(error: Error): void {
    this.tar.destroy(error);
    this.fail(error);
  }
}

/** Begins a backup on a connection of its own, as a role that may replicate. @throws what PostgreSQL throws */
export async function baseBackup(url: string): Promise<BaseBackup> {
  const client = new pg.Client({
    connectionString: url,
    replication: 'database',
    application_name: 'narwhal-backup',
    keepAlive: true,
  } as pg.ClientConfig);
  client.on('error', () => undefined);
  await client.connect();
  const ask = async (sql: string): Promise<Record<string, string>> =>
    (await client.query<Record<string, string>>(sql)).rows[0] ?? {};
  const { systemid = '' } = await ask('IDENTIFY_SYSTEM');
  const { major, size } = await ask(
    `SELECT current_setting('server_version_num')::int / 10000 AS major, pg_size_bytes(current_setting('wal_segment_size')) AS size`,
  );
  const now = async (): Promise<Date> =>
    (await client.query<{ now: Date }>('SELECT clock_timestamp() AS now')).rows[0]?.now ?? new Date();
  const begunAt = await now();
  const query = new BaseBackupQuery();
  client.query(query as unknown as pg.Submittable);
  client.once('end', () =>
    query.handleError(new Error('PostgreSQL ended the connection in the middle of the backup')),
  );
  const segmentBytes = Number(size);
  const finish = async () => {
    await query.done;
    const [from, to] = query.places.map(({ lsn, timeline }) => walFileName(timeline, lsn, segmentBytes));
    return { from: from ?? '', to: to ?? '', endedAt: await now() };
  };
  return {
    system: systemid,
    major: Number(major),
    segmentBytes,
    begunAt,
    tar: query.tar,
    finish,
    close: () => client.end(),
  };
}
