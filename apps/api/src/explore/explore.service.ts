import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { Snapshots } from '@app/feed';
import { PopularRows } from '@app/storage';
import { RankedLists, type Ranking } from '../http/ranked-lists.js';
import { listJson } from '../posts/post-view.js';
import { PostReading } from '../posts/post-reading.js';
import type { PostListInput } from '../posts/posts.schemas.js';

/** The list's maximum number of posts. Readers do not scroll further; they come back later. */
const MOST = 500;
/** How long all readers of this process start on the same list, in milliseconds. */
const SHARED_FOR = 5_000;

/**
 * Posts that are popular with everybody. One list and one snapshot serve all readers for some seconds. Each page checks
 * what its reader may see, and whom they already follow.
 */
@Injectable()
export class ExploreService {
  private shared: { until: number; ranking: Promise<Ranking> } | null = null;

  constructor(
    private readonly popular: PopularRows,
    private readonly snapshots: Snapshots,
    private readonly lists: RankedLists,
    private readonly posts: PostReading,
  ) {}

  async read(path: string, input: PostListInput, reader: Id): Promise<string> {
    const show = (ids: Id[]) => this.posts.explorable(ids, reader);
    return listJson(await this.lists.page(path, input, () => this.ranking(), show), input.view);
  }

  private ranking(): Promise<Ranking> {
    const now = performance.now();
    if (!this.shared || this.shared.until < now)
      this.shared = { until: now + SHARED_FOR, ranking: this.rank() };
    return this.shared.ranking;
  }

  private async rank(): Promise<Ranking> {
    try {
      const ids = await this.popular.bestPosts(MOST);
      return { ids, name: await this.snapshots.keep(ids) };
    } catch (error) {
      this.shared = null;
      throw error;
    }
  }
}
