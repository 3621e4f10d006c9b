import { Injectable } from '@nestjs/common';
import { isId, type Id } from '@app/platform';
import { UserRows, type PostRow, type Tx } from '@app/storage';
import { Visibility } from '@app/domain';

/** Only this many people are notified: a caption full of names is not an invitation. */
const MOST_MENTIONED = 50;

/** The people that a text mentions, according to its entities. */
export function mentionedIn(entities: readonly unknown[]): Id[] {
  const ids = entities.flatMap((entity) => {
    const { type, userId } = entity as { type?: unknown; userId?: unknown };
    return type === 'mention' && typeof userId === 'string' && isId(userId) ? [userId] : [];
  });
  return [...new Set(ids)].slice(0, MOST_MENTIONED);
}

/**
 * Decides who gets a notification: nobody is notified of a post that they may not see, or of a person whom they mute or may
 * not meet. Checks under the lock of the person's notifications: an earlier answer may be older than another job's write.
 */
@Injectable()
export class NotificationAudience {
  constructor(
    private readonly users: UserRows,
    private readonly visibility: Visibility,
  ) {}

  async maySee(tx: Tx, post: PostRow, person: Id): Promise<boolean> {
    const author = await this.users.find(post.author_id, tx);
    if (!author) return false;
    return this.visibility.maySeePost(post, author, await this.visibility.relation(person, author.id, tx));
  }

  /** Checks whether a person is notified of the actor's activity. */
  async hears(tx: Tx, actor: Id, person: Id): Promise<boolean> {
    const row = await this.users.find(actor, tx);
    if (!row) return false;
    const relation = await this.visibility.relation(person, actor, tx);
    return this.visibility.mayMeet(row, relation) && !relation.muting;
  }
}
