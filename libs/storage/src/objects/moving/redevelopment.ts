import { setTimeout as sleep } from 'node:timers/promises';
import { shardOf, type Id } from '@app/platform';
import type { Queryable } from '../../database/queryable.js';
import { newFolder } from '../object-keys.js';
import { PIPELINE } from '@app/platform/photos';
import type { Reporter } from './migration.js';

/** Photos that are requested at a time: workers' lanes never run dry, and new photos are found at once among them. */
const AT_ONCE = 100;

/** How often results are checked, in milliseconds. */
const LOOK = 500;

/** The photos to redevelop; `rejected` with one code, or with any. */
export type Redevelop = 'all' | 'older' | 'rejected' | `rejected ${string}`;

const DEVELOPED = `state IN ('ready', 'rejected')`;

const conditionOf = (which: Redevelop): string => {
  if (which === 'all') return DEVELOPED;
  if (which === 'older') return `${DEVELOPED} AND pipeline < ${PIPELINE}`;
  return `state = 'rejected' AND ($2 = '' OR rejection = $2)`;
};

/** Passed in every statement, so that PostgreSQL knows its type also without a code. */
const codeOf = (which: Redevelop): string => which.split(' ')[1] ?? '';

interface Found {
  shard: number;
  id: Id;
  state: 'ready' | 'rejected';
}

/**
 * Has workers remake renditions while everything is served: rejected photos are processed again, ready ones get other
 * renditions at other keys. A photo settled after the start is done, so it may be killed and run again at any point.
 */
export class Redevelopment {
  private readonly asked = new Set<Id>();
  private after: Pick<Found, 'shard' | 'id'> = { shard: -1, id: '0' };
  private isAtEnd = false;
  private later = 0;

  constructor(
    private readonly database: Queryable,
    private readonly reporter: Reporter,
  ) {}

  /** Returns how many could not be made now: workers retry them. */
  async run(which: Redevelop): Promise<number> {
    const { since, goesOn } = await this.begin(which);
    if (goesOn) this.reporter.say(`goes on with what was begun at ${since.toISOString()}`);
    this.reporter.phase('making anew', await this.count(which, since));
    while (!this.isAtEnd || this.asked.size > 0) {
      if (!this.isAtEnd && this.asked.size < AT_ONCE / 2) await this.askForMore(which, since);
      await this.look(since);
      if (this.asked.size > 0) await sleep(LOOK);
    }
    this.reporter.end();
    await this.database.query(
      'redevelop.end',
      `UPDATE object_home SET redevelop = NULL, redevelop_since = NULL WHERE name = 'photos'`,
    );
    return this.later;
  }

  private async begin(which: Redevelop): Promise<{ since: Date; goesOn: boolean }> {
    const { rows } = await this.database.query<{ redevelop: string | null; redevelop_since: Date }>(
      'redevelop.begun',
      `SELECT redevelop, redevelop_since FROM object_home WHERE name = 'photos'`,
    );
    if (rows[0]?.redevelop === which) return { since: rows[0].redevelop_since, goesOn: true };
    const begun = await this.database.query<{ since: Date }>(
      'redevelop.begin',
      `UPDATE object_home SET redevelop = $1, redevelop_since = date_trunc('milliseconds', clock_timestamp())
       WHERE name = 'photos' RETURNING redevelop_since AS since`,
      [which],
    );
    return { since: (begun.rows[0] as { since: Date }).since, goesOn: false };
  }

  private async count(which: Redevelop, since: Date): Promise<number> {
    return (
      (await this.database.value<number>(
        'redevelop.count',
        `SELECT count(*)::int AS count FROM photos WHERE settled_at < $1 AND $2::text IS NOT NULL AND ${conditionOf(which)}`,
        [since, codeOf(which)],
      )) ?? 0
    );
  }

  /** In key order. Photos already requested (by an earlier run) keep their folder. */
  private async askForMore(which: Redevelop, since: Date): Promise<void> {
    const { rows } = await this.database.query<Found>(
      'redevelop.next',
      `SELECT shard, id, state FROM photos
       WHERE settled_at < $1 AND $2::text IS NOT NULL AND ${conditionOf(which)} AND (shard, id) > ($3::int, $4::bigint)
       ORDER BY shard, id LIMIT ${AT_ONCE}`,
      [since, codeOf(which), this.after.shard, this.after.id],
    );
    for (const { id, state } of rows) {
      if (state === 'ready') await this.askForReady(id);
      else await this.askForRejected(id);
      this.asked.add(id);
    }
    this.after = rows.at(-1) ?? this.after;
    this.isAtEnd = rows.length < AT_ONCE;
  }

  private async askForReady(id: Id): Promise<void> {
    await this.database.query(
      'redevelop.ready',
      `UPDATE photos SET next_folder = coalesce(next_folder, $3), due_at = NULL
       WHERE shard = $1 AND id = $2 AND state = 'ready'`,
      [shardOf(id), id, newFolder()],
    );
  }

  private async askForRejected(id: Id): Promise<void> {
    await this.database.query(
      'redevelop.rejected',
      `UPDATE photos SET state = 'processing', rejection = NULL, settled_at = NULL, crashes = 0, crashed_at = NULL,
         failing_since = NULL, error = NULL, due_at = now()
       WHERE shard = $1 AND id = $2 AND state = 'rejected'`,
      [shardOf(id), id],
    );
  }

  /** Stops waiting for photos that are settled, gone, or put back. */
  private async look(since: Date): Promise<void> {
    const { rows } = await this.database.query<{ id: Id; fails: boolean }>(
      'redevelop.look',
      `SELECT id, failing_since IS NOT NULL AS fails FROM unnest($1::bigint[]) AS asked(id)
       JOIN photos USING (id) WHERE photos.shard = shard_of(asked.id) AND coalesce(settled_at < $2, true)`,
      [[...this.asked], since],
    );
    const waiting = new Set(rows.filter(({ fails }) => !fails).map(({ id }) => id));
    this.later += rows.length - waiting.size;
    for (const id of this.asked) {
      if (waiting.has(id)) continue;
      this.asked.delete(id);
      this.reporter.done(0);
    }
  }
}
