import { compareIds, type Id } from '@app/platform';
import type { Queryable } from './database.js';

// What two people are to each other changes under these locks, and is judged inside them (docs/decisions/0052). They are
// PostgreSQL's advisory locks: thousands may follow one person at once without writing a row of theirs.

/**
 * Before a change between two people (follow, request, block, mute, and their ends): both accounts shared, so that neither turns private
 * or closes, and the pair exclusively. Always the lower id first: no two transactions wait for each other in a circle.
 */
export async function lockPair(tx: Queryable, one: Id, other: Id): Promise<void> {
  const [lower, higher] = [one, other].sort(compareIds);
  await tx.query(
    'relation.lockPair',
    `SELECT pg_advisory_xact_lock_shared($1::bigint), pg_advisory_xact_lock_shared($2::bigint),
       pg_advisory_xact_lock(hashint8($1::bigint), hashint8($2::bigint))`,
    [lower, higher],
  );
}

/** Before an account turns private or public, or closes: no relation of this person changes until the transaction ends. */
export async function lockAccount(tx: Queryable, id: Id): Promise<void> {
  await tx.query('relation.lockAccount', `SELECT pg_advisory_xact_lock($1::bigint)`, [id]);
}
