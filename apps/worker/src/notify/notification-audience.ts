import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { UserRows, type PostRow, type Tx } from '@app/storage';
import { Visibility } from '@app/domain';

/**
 * Who may be told of what: nobody hears of a post that they may not see, nor of somebody whom they mute or do not meet. Asked
 * under the lock of the person's notifications: an answer from before it may be older than what another job has written.
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

  /** Whether a person hears of what the actor does. */
  async hears(tx: Tx, actor: Id, person: Id): Promise<boolean> {
    const row = await this.users.find(actor, tx);
    if (!row) return false;
    const relation = await this.visibility.relation(person, actor, tx);
    return this.visibility.mayMeet(row, relation) && !relation.muting;
  }
}
