import { compareIds, type Id } from '@app/platform';
import type { Queryable } from './database.js';

// Relations between two people change, and are checked, under these locks (docs/decisions/0052). They are PostgreSQL's
// advisory locks: thousands may follow one person at once without writing that person's row.

/**
 * Call before a change between two people (follow, request, block, mute, and their ends): locks both accounts shared, so
 * that neither turns private or closes, and the pair exclusively. Always the lower id first, so that no two transactions
 * deadlock.
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

/** Call before an account turns private or public, or closes: no relation of this person changes until the transaction ends. */
export async function lockAccount(tx: Queryable, id: Id): Promise<void> {
  await tx.query('relation.lockAccount', `SELECT pg_advisory_xact_lock($1::bigint)`, [id]);
}
