import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { PopularRows, PostRows, SuggestionRows, UnitOfWork, type Entry } from '@app/storage';
import { PostIndex } from '@app/domain';

/** Posts read at once; each is updated in its own transaction. */
const PAGE = 200;

/** Recomputes rows that are derived from others. */
@Injectable()
export class DerivedRows {
  constructor(
    private readonly posts: PostRows,
    private readonly index: PostIndex,
    private readonly popular: PopularRows,
    private readonly suggestions: SuggestionRows,
    private readonly work: UnitOfWork,
  ) {}

  /** The posts of a person who became private or public, under their tags and places and in explore. */
  async postsOf(author: Id): Promise<void> {
    let before: Id | null = null;
    do {
      const page: Entry[] = await this.posts.ofAuthor(author, false, { limit: PAGE, before, after: null });
      const ids = page.map(({ subject }) => subject);
      await this.popular.refreshPosts(ids);
      for (const id of ids) await this.work.run((tx) => this.index.refresh(tx, id));
      before = page.at(-1)?.id ?? null;
    } while (before !== null);
  }

  /** The people whom somebody might follow. */
  async suggestionsFor(user: Id): Promise<void> {
    await this.popular.prunePeople();
    await this.work.run((tx) => this.suggestions.replace(tx, user));
  }

  async forgetSuggestionsFor(user: Id): Promise<void> {
    await this.suggestions.forget(user);
  }
}
