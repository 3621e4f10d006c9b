import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';

/** The newest posts of authors who are not fanned out, kept as home feeds are and merged into them when they are read. */
@Injectable()
export class AuthorFeeds {
  /**
   * Inserts a post that is not fanned out (or is while its author's audience grows) into its author's list, if that is kept.
   *
   * @throws RedisAway: repeat it
   */
  insert(post: Id, author: Id): Promise<void> {
    throw new Error(`not built: ${post} ${author}`);
  }
}
