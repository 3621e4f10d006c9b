import { Injectable } from '@nestjs/common';
import { counter, type Id } from '@app/platform';
import { HomeFeeds, type FeedPage, type ReadSince, type PageRequest } from '@app/feed';
import type { Caller } from '../http/call.js';
import { Cursors, type ListInput, type Page } from '../http/cursors.js';
import { PostView, type ShownPost } from '../posts/post-view.js';

/** How many times a short page is topped up before it is returned short, with a cursor to continue. */
const ROUNDS = 5;

/** The home feed: candidates from libs/feed, filtered by the visibility rules at the time of reading. */
@Injectable()
export class FeedService {
  constructor(
    private readonly feeds: HomeFeeds,
    private readonly posts: PostView,
    private readonly cursors: Cursors,
  ) {}

  async read(path: string, input: ListInput, reader: Caller, since: ReadSince): Promise<Page<ShownPost>> {
    const request = this.cursors.request(path, input);
    return request.after === null
      ? this.older(path, request, reader, since)
      : this.newer(path, request, reader);
  }

  private async older(
    path: string,
    { limit, before }: PageRequest & { limit: number },
    reader: Caller,
    since: ReadSince,
  ): Promise<Page<ShownPost>> {
    const items: ShownPost[] = [];
    let first: Id | null = null;
    let last: Id | null = before ?? null;
    let complete = false;
    for (let round = 0; round < ROUNDS && items.length < limit && !complete; round += 1) {
      const wanted = { before: last, limit: limit - items.length };
      const page = await this.page(reader, wanted, since);
      items.push(...(await this.visible(page, reader.userId, since)));
      first ??= page.ids[0] ?? null;
      last = page.ids.at(-1) ?? last;
      complete = page.complete;
    }
    return this.cursors.page(path, items, { first, last, more: !complete });
  }

  /** The page just above a cursor. Posts that it leaves out are on the page above it. */
  private async newer(
    path: string,
    { limit, after }: PageRequest & { limit: number },
    reader: Caller,
  ): Promise<Page<ShownPost>> {
    const page = await this.page(reader, { after: after ?? null, limit });
    const items = await this.visible(page, reader.userId);
    return this.cursors.page(path, items, {
      first: page.ids[0] ?? after ?? null,
      last: page.ids.at(-1) ?? after ?? null,
      more: true,
    });
  }

  private async page(reader: Caller, request: PageRequest, since?: ReadSince): Promise<FeedPage> {
    const page = await this.feeds.page(reader.userId, request, since);
    if (!reader.synthetic) counter('narwhal_feed_reads_total').inc({ source: page.source });
    return page;
  }

  private async visible(page: FeedPage, reader: Id, since?: ReadSince): Promise<ShownPost[]> {
    const shown = await this.posts.show(page.ids, reader, since);
    return page.ids.flatMap((id) => {
      const found = shown.get(id);
      if (!found || found.post.archived || !page.mayAppear(found.post.author)) return [];
      return found.post.author === reader || found.post.state === 'published' ? [found] : [];
    });
  }
}
