import { Controller, Req } from '@nestjs/common';
import { CallerOf, Input, type ApiRequest, type Caller } from '../http/call.js';
import { Endpoint } from '../http/endpoint.js';
import { pathOf } from '../http/paths.js';
import { postListQuery, postsOrCells, type PostListInput } from '../posts/posts.schemas.js';
import { ExploreService } from './explore.service.js';

@Controller()
export class ExploreController {
  constructor(private readonly explore: ExploreService) {}

  @Endpoint({
    method: 'GET',
    path: '/v1/explore',
    tag: 'Reading',
    summary:
      'Popular public posts of the last days, by people whom one does not follow: the most liked for their age first',
    access: 'required',
    query: postListQuery,
    answers: { 200: postsOrCells },
    problems: ['cursor_invalid', 'list_expired'],
  })
  async listExplorePosts(
    @Input() input: PostListInput,
    @CallerOf() caller: Caller,
    @Req() request: ApiRequest,
  ) {
    return this.explore.read(pathOf(request), input, caller.userId);
  }
}
