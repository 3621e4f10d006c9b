import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

interface Entry {
  kind: 'counter' | 'gauge' | 'histogram';
  /** The unit is part of the name, as Prometheus asks. */
  help: string;
  labels?: readonly string[];
  buckets?: readonly number[];
}

const requestBuckets = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const workBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** The catalogue of every metric. Labels have few values, fixed in the code: never a path, an id or an agent as sent. */
export const catalogue = {
  narwhal_http_request_seconds: {
    kind: 'histogram',
    help: 'HTTP requests by route, method and status.',
    labels: ['route', 'method', 'status'],
    buckets: requestBuckets,
  },
  narwhal_query_seconds: {
    kind: 'histogram',
    help: 'SQL statements by name.',
    labels: ['query'],
    buckets: requestBuckets,
  },
  narwhal_query_failures_total: {
    kind: 'counter',
    help: 'SQL statements that failed, by name.',
    labels: ['query'],
  },
  narwhal_signups_total: { kind: 'counter', help: 'Accounts made.' },
  narwhal_photos_uploaded_total: { kind: 'counter', help: 'Photos whose upload completed.' },
  narwhal_photos_developed_total: {
    kind: 'counter',
    help: 'Photos developed, by outcome (ready, or the code of the rejection).',
    labels: ['outcome'],
  },
  narwhal_photo_develop_seconds: {
    kind: 'histogram',
    help: 'Time of one photo in the pipeline, without waiting.',
    buckets: workBuckets,
  },
  narwhal_photo_ready_seconds: {
    kind: 'histogram',
    help: 'Time from the upload to ready.',
    buckets: workBuckets,
  },
  narwhal_posts_published_total: { kind: 'counter', help: 'Posts published.' },
  narwhal_likes_total: { kind: 'counter', help: 'Likes given.' },
  narwhal_comments_total: { kind: 'counter', help: 'Comments written.' },
  narwhal_feed_reads_total: {
    kind: 'counter',
    help: 'Pages of home feeds read, by where they came from.',
    labels: ['source'],
  },
  narwhal_feed_rebuild_seconds: {
    kind: 'histogram',
    help: 'Home feeds rebuilt from PostgreSQL.',
    buckets: requestBuckets,
  },
  narwhal_delivery_seconds: {
    kind: 'histogram',
    help: 'Time from published to the last feed that holds the post.',
    buckets: workBuckets,
  },
  narwhal_redis_fallbacks_total: {
    kind: 'counter',
    help: 'Requests that PostgreSQL served because Redis did not.',
    labels: ['reason'],
  },
  narwhal_rate_limited_total: {
    kind: 'counter',
    help: 'Requests refused for their rate, by policy.',
    labels: ['policy'],
  },
  narwhal_streams: { kind: 'gauge', help: 'Clients that are connected to the stream.' },
  narwhal_jobs_total: {
    kind: 'counter',
    help: 'Jobs finished, by queue and outcome.',
    labels: ['queue', 'outcome'],
  },
  narwhal_queue_depth: { kind: 'gauge', help: 'Jobs waiting or running, by queue.', labels: ['queue'] },
  narwhal_queue_age_seconds: {
    kind: 'gauge',
    help: 'Age of the oldest waiting job, by queue.',
    labels: ['queue'],
  },
  narwhal_pending: {
    kind: 'gauge',
    help: 'Rows that wait for later work, by kind; the system is quiet when all are 0.',
    labels: ['kind'],
  },
  narwhal_pending_age_seconds: {
    kind: 'gauge',
    help: 'Age of the oldest row that waits for later work, by kind.',
    labels: ['kind'],
  },
  narwhal_swept_total: {
    kind: 'counter',
    help: 'Overdue rows that the sweeper found, by kind.',
    labels: ['kind'],
  },
} as const satisfies Record<string, Entry>;

type Catalogue = typeof catalogue;
type Named<Kind extends Entry['kind']> = {
  [Name in keyof Catalogue]: Catalogue[Name]['kind'] extends Kind ? Name : never;
}[keyof Catalogue];

export const registry = new Registry();
const made = new Map<string, Counter | Gauge | Histogram>();

for (const [name, entry] of Object.entries<Entry>(catalogue)) {
  const options = { name, help: entry.help, labelNames: [...(entry.labels ?? [])], registers: [registry] };
  if (entry.kind === 'counter') made.set(name, new Counter(options));
  else if (entry.kind === 'gauge') made.set(name, new Gauge(options));
  else made.set(name, new Histogram({ ...options, buckets: [...(entry.buckets ?? requestBuckets)] }));
}

export const counter = (name: Named<'counter'>): Counter => made.get(name) as Counter;
export const gauge = (name: Named<'gauge'>): Gauge => made.get(name) as Gauge;
export const histogram = (name: Named<'histogram'>): Histogram => made.get(name) as Histogram;

/** Starts what Node tells of itself: memory, event loop lag, handles. Once a process. */
export function collectProcessMetrics(): void {
  collectDefaultMetrics({ register: registry, prefix: 'narwhal_' });
}
