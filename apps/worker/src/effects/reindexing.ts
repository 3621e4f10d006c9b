import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { PopularRows, PostRows, UnitOfWork } from '@app/storage';
import { PostIndex } from '@app/domain';

/** Posts read at once; each is updated in its own transaction. */
const PAGE = 200;

/** Updates the posts of a person who became private or public, under their tags and places and in explore. */
@Injectable()
export class Reindexing {
  constructor(
    private readonly posts: PostRows,
    private readonly index: PostIndex,
    private readonly work: UnitOfWork,
    private readonly popular: PopularRows,
  ) {}

  async author(author: Id): Promise<void> {
    let before: Id | null = null;
    do {
      const ids: Id[] = await this.posts.ofAuthor(author, false, { limit: PAGE, before, after: null });
      await this.popular.refreshPosts(ids);
      for (const id of ids) await this.work.run((tx) => this.index.refresh(tx, id));
      before = ids.at(-1) ?? null;
    } while (before !== null);
  }
}
