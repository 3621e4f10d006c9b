import { Controller } from '@nestjs/common';
import { listQuery, type ListInput } from '../http/cursors.js';
import type { DirectCall } from '../http/fast-path/direct-routes.js';
import { Endpoint } from '../http/endpoint.js';
import { fresh, tagOf } from '../http/freshness.js';
import { pathOf } from '../http/paths.js';
import { listBytes } from '../posts/post-view.js';
import { postList } from '../posts/posts.schemas.js';
import { FeedService } from './feed.service.js';

@Controller()
export class FeedController {
  constructor(private readonly feed: FeedService) {}

  @Endpoint({
    method: 'GET',
    path: '/v1/feed',
    tag: 'Reading',
    summary: 'The home feed: posts of the people one follows, and one’s own, newest first',
    access: 'required',
    query: listQuery,
    answers: { 200: postList },
    headers: ['ETag'],
    problems: ['cursor_invalid'],
    direct: true,
  })
  async listFeedPosts({ input, caller, since, request, reply }: DirectCall<ListInput>) {
    const page = await this.feed.read(pathOf(request), input, caller, since);
    const isFirst = input.cursor === undefined && input.newer === undefined;
    const tag = isFirst && tagOf(...page.items.map(({ post }) => post.tag));
    if (tag && !fresh(request, reply, tag, page)) return undefined;
    return listBytes(page, reply);
  }
}
