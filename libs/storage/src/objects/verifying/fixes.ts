import { limits } from '@app/platform';
import { trashDay } from '../object-keys.js';
import type { ObjectStore } from '../object-store.js';
import type { Finding } from './judge.js';

const DAY = 86_400_000;

/** Every day whose trash may still exist, newest first. */
const trashDays = (now: number): string[] =>
  Array.from({ length: limits.trash.keptFor / 86_400 + 2 }, (_, back) =>
    trashDay(new Date(now - back * DAY)),
  );

/**
 * Repairs findings that have a safe repair, and returns how; null if a person has to decide. Missing objects come back
 * from the trash: a database that was restored from a backup names photos that were deleted since. Objects without a row
 * for more than a day go to the trash, from where they can be restored for a month.
 */
export async function fix(store: ObjectStore, finding: Finding, now = Date.now()): Promise<string | null> {
  const { kind, folder, name, object } = finding;
  if (kind === 'missing') {
    for (const day of trashDays(now))
      if ((await store.restore(folder, [name], day)).length > 0)
        return `brought back from the trash of ${day}`;
  }
  if (kind === 'orphan' && object && now - object.modifiedAt.getTime() > DAY) {
    await store.trash(folder, [name], trashDay(new Date(now)));
    return 'moved to the trash';
  }
  return null;
}
