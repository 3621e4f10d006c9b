import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { Database } from '../database.js';

/** Seconds until a row is overdue: every kind is processed within seconds, so a row waits longer only behind others or in vain. */
const OVERDUE = 60;

/** A photo that has been retried for this long, in seconds, needs an operator: a disk may be unmounted. */
const FAILING = 3_600;

/** A worker touches the row that it processes more often than this, in seconds. */
const AT_WORK = 15;

/** Rows of one kind that wait for later work: how many (counted up to 10,000) and how old the oldest is, in seconds. */
export interface Pending {
  kind: 'photos' | 'posts' | 'outbox' | 'deltas' | 'mails' | 'transfers';
  count: number;
  age: number;
  /** How many were tried and make no progress, or are overdue while nothing of their kind makes progress. */
  stuck: number;
  /** How long the oldest of those has been stuck, in seconds; 0 if none is. */
  stuckAge: number;
  /** How many were carried out in the last minute; null where unknown. */
  lately: number | null;
  /** The oldest row, of the stuck ones if there are any; null when there is none. */
  oldest: Id | null;
}

interface Kind {
  kind: Pending['kind'];
  /** Rows with `id`, `since` and `moves` (in progress), and `stuck_since` where attempts failed. */
  from: string;
  /** An overdue row only waits its turn while others of its kind make progress. */
  waitsItsTurn: boolean;
  lately?: string;
}

const touched = `attempted_at > now() - interval '${AT_WORK} seconds'`;
const overdue = `since < now() - interval '${OVERDUE} seconds'`;

const kinds: readonly Kind[] = [
  {
    kind: 'photos',
    from: `SELECT id, coalesce(failing_since, greatest(created_at, due_at)) AS since,
        ${touched} AND failing_since IS NULL AS moves,
        CASE WHEN failing_since < now() - interval '${FAILING} seconds'
          THEN failing_since + interval '${FAILING} seconds' END AS stuck_since,
        failing_since IS NOT NULL AS tried
      FROM photos WHERE state = 'processing'`,
    waitsItsTurn: true,
    lately: `SELECT count(*) FROM photos WHERE settled_at > now() - interval '1 minute'`,
  },
  {
    // A post whose photos wait is not reported: the photo is.
    kind: 'posts',
    from: `SELECT id, created_at AS since, EXISTS (SELECT 1 FROM photos WHERE photos.shard = posts.shard
        AND photos.post_id = posts.id AND photos.state = 'processing') AS moves, NULL::timestamptz AS stuck_since, false AS tried
      FROM posts WHERE state = 'publishing'`,
    waitsItsTurn: false,
  },
  {
    kind: 'outbox',
    from: `SELECT id, created_at AS since, ${touched} AND error IS NULL AS moves,
        CASE WHEN error IS NOT NULL AND created_at < now() - interval '${OVERDUE} seconds' THEN created_at END AS stuck_since,
        error IS NOT NULL AS tried
      FROM outbox`,
    waitsItsTurn: true,
  },
  {
    kind: 'deltas',
    from: `SELECT id, created_at AS since, false AS moves, NULL::timestamptz AS stuck_since, false AS tried FROM count_deltas`,
    waitsItsTurn: false,
  },
  {
    // Never stuck: a mail server that is away has an alert of its own, which asks for the age.
    kind: 'mails',
    from: `SELECT id, created_at AS since, true AS moves, NULL::timestamptz AS stuck_since, true AS tried
      FROM mails WHERE user_id IS NOT NULL AND sent_at IS NULL AND given_up_at IS NULL`,
    waitsItsTurn: false,
  },
  {
    // Each takes as long as its photos need, and those of a worker wait for each other.
    kind: 'transfers',
    from: `SELECT id, created_at AS since, true AS moves,
        CASE WHEN failing_since < now() - interval '${FAILING} seconds'
          THEN failing_since + interval '${FAILING} seconds' END AS stuck_since, true AS tried
      FROM transfers WHERE state IN ('waiting', 'running', 'queued', 'importing')`,
    waitsItsTurn: false,
  },
];

const waiting = ({ kind, from, waitsItsTurn, lately = 'SELECT NULL' }: Kind): string =>
  `SELECT '${kind}' AS kind, count(*)::int AS count,
     greatest(0, coalesce(extract(epoch FROM now() - min(since)), 0))::float AS age,
     count(stuck_at)::int AS stuck, greatest(0, coalesce(extract(epoch FROM now() - min(stuck_at)), 0))::float AS "stuckAge",
     (${lately})::int AS lately,
     (array_agg(id ORDER BY stuck_at NULLS LAST, since))[1]::text AS oldest
   FROM (SELECT id, since, CASE WHEN stuck_since IS NOT NULL THEN stuck_since
       WHEN NOT tried AND ${overdue} AND ${waitsItsTurn ? 'bool_or(moves) OVER ()' : 'moves'} IS NOT TRUE THEN since END AS stuck_at
     FROM (${from} LIMIT 10000) AS rows) AS ${kind}`;

const sql = kinds.map(waiting).join(' UNION ALL ');

/** Rows that wait for later work. The system is quiet when every count is 0: operators watch that figure and tests wait for it. */
@Injectable()
export class PendingRows {
  constructor(private readonly database: Database) {}

  async read(): Promise<Pending[]> {
    return (await this.database.query<Pending>('pending.read', sql)).rows;
  }
}
