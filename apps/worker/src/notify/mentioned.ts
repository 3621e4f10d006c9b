import { isId, type Id } from '@app/platform';

/** Only this many people are notified: a caption full of names is not an invitation. */
const MOST = 50;

/** The people that a text mentions, according to its entities. */
export function mentionedIn(entities: readonly unknown[]): Id[] {
  const ids = entities.flatMap((entity) => {
    const { type, userId } = entity as { type?: unknown; userId?: unknown };
    return type === 'mention' && typeof userId === 'string' && isId(userId) ? [userId] : [];
  });
  return [...new Set(ids)].slice(0, MOST);
}
