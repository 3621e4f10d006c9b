import { Controller, Req, Res } from '@nestjs/common';
import { CallerOf, Input, type ApiReply, type ApiRequest, type Caller } from '../http/call.js';
import { listQuery, type ListInput } from '../http/cursors.js';
import { Endpoint } from '../http/endpoint.js';
import { fresh, tagOf } from '../http/freshness.js';
import { pathOf } from '../http/paths.js';
import { listJson, postTag } from '../posts/post-json.js';
import { postList } from '../posts/posts.schemas.js';
import { FeedService } from './feed.service.js';

@Controller()
export class FeedController {
  constructor(private readonly feed: FeedService) {}

  @Endpoint({
    method: 'GET',
    path: '/v1/feed',
    operationId: 'readFeed',
    tag: 'Reading',
    summary: 'The home feed: posts of the people one follows, and one’s own, newest first',
    access: 'required',
    query: listQuery,
    answers: { 200: postList },
    headers: ['ETag'],
    problems: ['cursor_invalid'],
  })
  async read(
    @Input() input: ListInput,
    @CallerOf() caller: Caller,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: ApiReply,
  ) {
    const page = await this.feed.read(pathOf(request), input, caller.userId);
    const json = listJson(page);
    if (input.cursor !== undefined || input.newer !== undefined) return json;
    return fresh(request, reply, tagOf(...page.items.map(postTag)), json);
  }
}
