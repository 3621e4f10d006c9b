import { limits } from '@app/platform';
import { trashDay } from '../object-keys.js';
import type { ObjectStore } from '../object-store.js';
import type { Finding } from './judge.js';

const DAY = 86_400_000;

/** Every day whose trash may still be there, the newest first. */
const trashDays = (now: number): string[] =>
  Array.from({ length: limits.trash.keptFor / 86_400 + 2 }, (_, back) =>
    trashDay(new Date(now - back * DAY)),
  );

/**
 * Mends what can be mended without a doubt, and answers how; null for what a person has to decide. What is missing comes
 * back from the trash: a database that was restored from a backup names photos that were deleted since. What belongs to
 * no row for more than a day goes to the trash, from where it can be brought back for a month.
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
