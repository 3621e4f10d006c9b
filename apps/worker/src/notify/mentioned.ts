import { isId, type Id } from '@app/platform';

/** More than these are not told: a caption full of names is no invitation. */
const MOST = 50;

/** Whom a text mentions, as its entities say. */
export function mentionedIn(entities: readonly unknown[]): Id[] {
  const ids = entities.flatMap((entity) => {
    const { type, userId } = entity as { type?: unknown; userId?: unknown };
    return type === 'mention' && typeof userId === 'string' && isId(userId) ? [userId] : [];
  });
  return [...new Set(ids)].slice(0, MOST);
}
