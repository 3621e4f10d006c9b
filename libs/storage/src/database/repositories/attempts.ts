import { Injectable } from '@nestjs/common';
import { limits, shardOf, type Id } from '@app/platform';
import { Database } from '../database.js';
import { keyOf, type Queryable } from '../queryable.js';
import { PIPELINE } from '@app/platform/photos';
import type { Photo } from '../entities/photo.js';

/** A photo of more pixels than this is heavy: at most all but one of a worker's children take such photos. */
export const HEAVY_PIXELS = 50_000_000;

/** Pixels assumed for a photo until a child has read it: a phone's. */
const USUAL_PIXELS = 12_000_000;

/** Seconds between two deaths of a child that count, so that one fault of the machine does not count as three. */
const APART = 120;

/** Seconds before a photo is retried: as long as it has been failing, within these. */
const FIRST_PAUSE = 2;
const LONGEST_PAUSE = 600;

const pixels = (of: string) => `coalesce(${of}.pixels, ${USUAL_PIXELS})`;

/** Available: due, and no live worker is processing it ($1: seconds without a sign of life). */
const FREE = `(p.due_at IS NULL OR p.due_at <= now())
  AND (p.attempted_at IS NULL OR p.attempted_at < now() - make_interval(secs => $1))
  AND ($2 OR ${pixels('p')} <= ${HEAVY_PIXELS})`;

/**
 * Owners take turns: the next photo belongs to the owner with the fewest pixels decoded in the last minute, including
 * those being decoded. New photos come before those that an operator wants remade.
 */
const NEXT = `WITH spent AS (
    SELECT owner_id, sum(pixels) AS pixels FROM (
      SELECT owner_id, ${pixels('p')} AS pixels FROM photos p WHERE settled_at > now() - interval '1 minute'
      UNION ALL
      SELECT owner_id, ${pixels('p')} FROM photos p
      WHERE state = 'processing' AND attempted_at >= now() - make_interval(secs => $1)) AS taken
    GROUP BY owner_id)
  SELECT p.shard, p.id FROM photos p LEFT JOIN spent ON spent.owner_id = p.owner_id
  WHERE p.state = 'processing' AND ${FREE}
  ORDER BY coalesce(spent.pixels, 0), p.created_at, p.id LIMIT 1 FOR UPDATE OF p SKIP LOCKED`;

const NEXT_ANEW = `SELECT p.shard, p.id FROM photos p WHERE p.next_folder IS NOT NULL AND ${FREE}
  ORDER BY p.shard, p.id LIMIT 1 FOR UPDATE SKIP LOCKED`;

const take = (next: string) => `UPDATE photos SET attempt = attempt + 1, attempted_at = clock_timestamp()
  FROM (${next}) AS next WHERE photos.shard = next.shard AND photos.id = next.id RETURNING photos.*`;

const PUT_BACK = `attempted_at = NULL, error = $4, failing_since = coalesce(failing_since, now()),
  due_at = now() + make_interval(secs => least(${LONGEST_PAUSE}, greatest(${FIRST_PAUSE},
    extract(epoch FROM now() - coalesce(failing_since, now())))))`;

const CURRENT = `shard = $1 AND id = $2 AND attempt = $3 AND (state = 'processing' OR next_folder IS NOT NULL)`;

/** The facts about an original, and its renditions; `sha256` is the original's, where the row has none yet. */
export type DevelopedFacts = {
  [Fact in 'width' | 'height' | 'thumbhash' | 'color' | 'renditions']: NonNullable<Photo[Fact]>;
} & Pick<Photo, 'sha256'>;

/** The result of settling a photo. */
export type Settled = Pick<Photo, 'owner_id' | 'post_id' | 'created_at'>;

/** Clears earlier failures when an attempt succeeds. */
const NOTHING_FAILS = `attempted_at = NULL, failing_since = NULL, due_at = NULL, error = NULL, crashes = 0, crashed_at = NULL`;

/** A ready photo whose renditions are being remade. */
export type RemadePhoto = Photo & { next_folder: string };

/** In seconds: a URL is valid for a day beyond the day of issue (`MediaUrls`). */
const LONGEST_ADDRESS = 2 * limits.media.validFor;

/**
 * Attempts at developing a photo: selects the next photo, settles it or records a failure, and replaces the renditions of a
 * ready photo: other objects at other keys, since objects never change.
 */
@Injectable()
export class AttemptRows {
  constructor(private readonly database: Database) {}

  /**
   * Takes the next photo; null when none waits. A worker without a sign of life for `silent` seconds counts as dead, and
   * its photos are available again.
   */
  async take(silent: number, mayBeHeavy: boolean): Promise<Photo | null> {
    const waiting = await this.database.query<Photo>('attempt.take', take(NEXT), [silent, mayBeHeavy]);
    if (waiting.rows[0]) return waiting.rows[0];
    const anew = await this.database.query<Photo>('attempt.takeAnew', take(NEXT_ANEW), [silent, mayBeHeavy]);
    return anew.rows[0] ?? null;
  }

  /** Marks these photos as being processed. */
  async touch(photoIds: readonly Id[]): Promise<void> {
    await this.database.query(
      'attempt.touch',
      `UPDATE photos SET attempted_at = clock_timestamp()
       FROM unnest($1::bigint[]) AS at_work(id)
       WHERE photos.shard = shard_of(at_work.id) AND photos.id = at_work.id AND attempted_at IS NOT NULL
         AND (state = 'processing' OR next_folder IS NOT NULL)`,
      [photoIds],
    );
  }

  /** Releases a photo that proved to be heavy to a worker that may take it; nothing has failed. */
  async release({ id, attempt }: Photo): Promise<void> {
    await this.database.query(
      'attempt.release',
      `UPDATE photos SET attempted_at = NULL, pixels = ${HEAVY_PIXELS + 1} WHERE ${CURRENT}`,
      keyOf(id, attempt),
    );
  }

  /** Records a failure that is no fault of the photo: it is retried, after a growing pause. */
  async putBack({ id, attempt }: Photo, error: string): Promise<void> {
    await this.database.query(
      'attempt.putBack',
      `UPDATE photos SET ${PUT_BACK} WHERE ${CURRENT}`,
      keyOf(id, attempt, error.slice(0, 500)),
    );
  }

  /** The same for an attempt whose child died; returns how many deaths now count against the photo. */
  async putBackCrashed({ id, attempt }: Photo, error: string, alone: boolean): Promise<number> {
    return (
      (await this.database.value<number>(
        'attempt.putBackCrashed',
        `UPDATE photos SET ${PUT_BACK},
         crashes = crashes + counts.as_one,
         crashed_at = CASE WHEN crashed_at IS NULL OR counts.as_one = 1 THEN now() ELSE crashed_at END
       FROM (SELECT shard AS s, id AS i, ($5 AND (crashed_at IS NULL OR crashed_at < now() - interval '${APART} seconds'))::int AS as_one
             FROM photos WHERE shard = $1 AND id = $2) AS counts
       WHERE shard = counts.s AND id = counts.i AND ${CURRENT} RETURNING crashes`,
        keyOf(id, attempt, error.slice(0, 500), alone),
      )) ?? 0
    );
  }

  /** The post that shows a photo, if any. Code that settles a photo locks its post first, which avoids deadlocks. */
  postOf(tx: Queryable, id: Id): Promise<Id | null> {
    return tx.value('photo.postOf', `SELECT post_id FROM photos WHERE shard = $1 AND id = $2`, keyOf(id));
  }

  /**
   * Settles an attempt as `ready` and returns its post, if it has one; null when a newer attempt has begun, whose outcome
   * counts instead.
   */
  ready(tx: Queryable, id: Id, attempt: number, facts: DevelopedFacts): Promise<Settled | null> {
    return tx.first(
      'photo.ready',
      `UPDATE photos SET state = 'ready', settled_at = clock_timestamp(), width = $4::int, height = $5::int, thumbhash = $6,
         color = $7, renditions = $8, sha256 = coalesce(sha256, $9), pixels = $4::int::bigint * $5::int, pipeline = ${PIPELINE},
         ${NOTHING_FAILS}
       WHERE shard = $1 AND id = $2 AND attempt = $3 AND state = 'processing'
       RETURNING owner_id, post_id, created_at`,
      keyOf(
        id,
        attempt,
        facts.width,
        facts.height,
        facts.thumbhash,
        facts.color,
        facts.renditions,
        facts.sha256,
      ),
    );
  }

  reject(tx: Queryable, id: Id, attempt: number, code: string): Promise<Settled | null> {
    return tx.first(
      'photo.reject',
      `UPDATE photos SET state = 'rejected', settled_at = clock_timestamp(), rejection = $4,
         pipeline = ${PIPELINE}, attempted_at = NULL, due_at = NULL
       WHERE shard = $1 AND id = $2 AND attempt = $3 AND state = 'processing'
       RETURNING owner_id, post_id, created_at`,
      keyOf(id, attempt, code),
    );
  }

  /** Switches the photo to its new folder; null when it is gone, or another attempt began. */
  async exchange(tx: Queryable, photo: RemadePhoto, facts: DevelopedFacts): Promise<Settled | null> {
    const { width, height, thumbhash, color, renditions } = facts;
    return tx.first<Settled>(
      'remake.exchange',
      `UPDATE photos SET folder = next_folder, next_folder = NULL, settled_at = clock_timestamp(), width = $5::int, height = $6::int,
         thumbhash = $7, color = $8, renditions = $9, pixels = $5::int::bigint * $6::int, pipeline = ${PIPELINE}, ${NOTHING_FAILS}
       WHERE shard = $1 AND id = $2 AND attempt = $3 AND next_folder = $4
       RETURNING owner_id, post_id, created_at`,
      keyOf(photo.id, photo.attempt, photo.next_folder, width, height, thumbhash, color, renditions),
    );
  }

  /** Leaves the photo as it was: no newer renditions can be made. */
  keep(tx: Queryable, { id, attempt, next_folder }: RemadePhoto): Promise<Settled | null> {
    return tx.first(
      'remake.keep',
      `UPDATE photos SET next_folder = NULL, settled_at = clock_timestamp(), pipeline = ${PIPELINE}, ${NOTHING_FAILS}
       WHERE shard = $1 AND id = $2 AND attempt = $3 AND next_folder = $4 RETURNING owner_id, post_id, created_at`,
      keyOf(id, attempt, next_folder),
    );
  }

  /** Leaves a folder that was never shown to the trash; returns the trash's id. */
  async trash(tx: Queryable, photo: Id, folder: string): Promise<Id> {
    return (await tx.value<Id>(
      'remake.trash',
      `INSERT INTO trash (shard, id, folder) VALUES ($1::int, next_id($1::int), $2) RETURNING id`,
      [shardOf(photo), folder],
    )) as Id;
  }

  /** Leaves a photo's old folder to the trash of the first day on which no URL of it is valid. */
  async serveOn(tx: Queryable, photo: Id, folder: string): Promise<void> {
    await tx.query(
      'remake.serveOn',
      `INSERT INTO trash (shard, id, folder, photo_id, trashed_on) VALUES ($1::int, next_id($1::int), $2, $3,
         (now() + make_interval(secs => ${LONGEST_ADDRESS}))::date + 1)`,
      [shardOf(photo), folder, photo],
    );
  }

  /** Shows a photo's new folder as its owner's avatar; false when it is not the avatar. */
  async showAsAvatar(tx: Queryable, owner: Id, photo: Id, folder: string): Promise<boolean> {
    const { count } = await tx.query(
      'remake.showAsAvatar',
      `UPDATE users SET avatar_folder = $4, version = version + 1 WHERE shard = $1 AND id = $2 AND avatar_photo_id = $3`,
      keyOf(owner, photo, folder),
    );
    return count > 0;
  }
}
