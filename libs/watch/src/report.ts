import { metricsText, parseScrape, version, type StoreName, type SyntheticFact } from '@app/platform';
import type { RedisFacts } from '@app/feed';
import type { Backlog, BacklogReport } from './backlog.js';
import type {
  Database,
  NewestOutcome,
  PoolState,
  PostgresFacts,
  PostgresSizes,
  StoreHealth,
} from '@app/storage';
import type { Dependencies, Part } from './dependencies.js';
import type { Facts } from './facts.js';
import { SILENT } from './neighbours.js';
import { statusOf, type Status } from './readiness.js';
import { sentencesOf, type Sentence } from './sentences.js';

/** One process as the stores know it. */
export interface ProcessLine {
  id: string;
  kind: 'api' | 'worker';
  host: string;
  pid: number;
  version: string;
  /** ISO 8601. */
  startedAt: string;
  /** Seconds since its last heartbeat. */
  age: number;
  living: boolean;
  /** ISO 8601: the time of its last heartbeat. */
  silentSince: string;
  sees: Partial<Record<StoreName, string>>;
  /** Set by a worker that runs a synthetic check. */
  visit?: SyntheticFact;
  /** Set by a worker without a wall around the children that open photos. */
  wall?: string;
}

/** Everything that an operator needs to see what is wrong, as one process knows it. */
export interface OperatorsReport {
  version: string;
  /** ISO 8601. */
  at: string;
  status: Status;
  sentences: Sentence[];
  parts: Partial<Record<StoreName, Part>>;
  /** Whether no row waits for later work; null while PostgreSQL is away. */
  quiet: boolean | null;
  pending: BacklogReport['rows'] | null;
  /** Null while Redis is away. */
  queues: BacklogReport['queues'];
  processes: ProcessLine[];
  postgres: {
    pool: PoolState;
    facts: PostgresFacts | null;
    sizes: PostgresSizes | null;
    /** Whether this process could alter the tables. */
    ownsTables: boolean;
  };
  redis: RedisFacts | null;
  disk: StoreHealth | null;
  /** How the newest of each kind ended; null while PostgreSQL is away. */
  backups: NewestOutcome[] | null;
}

interface Sources {
  dependencies: Dependencies;
  facts: Facts;
  backlog: Backlog;
  database: Database;
  draining: () => boolean;
}

/** A report must be possible even while PostgreSQL hangs; in milliseconds. */
const PATIENCE = 1_500;

async function soon<Result>(reading: Promise<Result>): Promise<Result | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((settle) => (timer = setTimeout(() => settle(null), PATIENCE)));
  try {
    // An unreadable part is null, and the report says so.
    return await Promise.race([reading.catch(() => null), late]);
  } finally {
    clearTimeout(timer);
  }
}

function processLines({ processes }: Dependencies, now: number): ProcessLine[] {
  return processes.map(
    ({ heartbeat: { id, kind, host, pid, version: release, startedAt, sees, visit, wall }, age }) => ({
      ...(visit ? { visit } : {}),
      ...(wall ? { wall } : {}),
      id,
      kind,
      host,
      pid,
      version: release,
      startedAt,
      age: Math.round(age * 10) / 10,
      living: age * 1000 <= SILENT,
      silentSince: new Date(now - age * 1000).toISOString(),
      sees,
    }),
  );
}

/** Makes a new report. Never fails: an unreadable part is null, and a sentence says why. */
export async function makeReport(sources: Sources): Promise<OperatorsReport> {
  const { dependencies, facts, backlog, database } = sources;
  dependencies.hearAll();
  const [parts, waiting] = await Promise.all([dependencies.parts(), soon(backlog.read())]);
  const now = Date.now();
  const report = {
    version,
    at: new Date(now).toISOString(),
    status: sources.draining() ? ('draining' as const) : statusOf(parts, dependencies.behind),
    parts,
    quiet: waiting?.quiet ?? null,
    pending: waiting?.rows ?? null,
    queues: waiting?.queues ?? null,
    processes: processLines(dependencies, now),
    postgres: {
      pool: database.pool,
      facts: facts.postgres,
      sizes: facts.sizes,
      ownsTables: facts.ownsTables,
    },
    redis: facts.redis,
    disk: dependencies.disk,
    backups: facts.backups,
  };
  return { ...report, sentences: sentencesOf(report, parseScrape(metricsText())) };
}
