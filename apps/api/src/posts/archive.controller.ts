import { Controller, Req } from '@nestjs/common';
import { Posts } from '@app/domain';
import { PostRows } from '@app/storage';
import { z } from 'zod';
import { CallerOf, Input, type ApiRequest, type Caller } from '../http/call.js';
import { Endpoint } from '../http/endpoint.js';
import { pathId } from '../http/fields.js';
import { pathOf } from '../http/paths.js';
import { PostReading } from './post-reading.js';
import { post, postListQuery, postsOrCells, type PostListInput } from './posts.schemas.js';

const change = {
  path: '/v1/posts/:id/archive',
  tag: 'Posts',
  access: 'required',
  params: z.object({ id: pathId }),
  answers: { 200: post },
  problems: ['not_found', 'post_not_published'],
  rate: 'write',
} as const;

@Controller()
export class ArchiveController {
  constructor(
    private readonly posts: Posts,
    private readonly rows: PostRows,
    private readonly reading: PostReading,
  ) {}

  @Endpoint({ ...change, method: 'PUT', summary: 'Archive a post: only its author sees it' })
  async archivePost(@Input() input: { id: string }, @CallerOf() caller: Caller) {
    await this.posts.archive(caller.userId, input.id, true);
    return (await this.reading.one(input.id, caller.userId)).json;
  }

  @Endpoint({ ...change, method: 'DELETE', summary: 'Bring a post back, with its likes and comments' })
  async unarchivePost(@Input() input: { id: string }, @CallerOf() caller: Caller) {
    await this.posts.archive(caller.userId, input.id, false);
    return (await this.reading.one(input.id, caller.userId)).json;
  }

  @Endpoint({
    method: 'GET',
    path: '/v1/me/archived',
    tag: 'Posts',
    summary: 'What one archived, newest first',
    access: 'required',
    query: postListQuery,
    answers: { 200: postsOrCells },
    problems: ['cursor_invalid'],
  })
  async listArchivedPosts(
    @Input() input: PostListInput,
    @CallerOf() caller: Caller,
    @Req() request: ApiRequest,
  ) {
    return this.reading.page(pathOf(request), input, caller.userId, (page) =>
      this.rows.archivedOf(caller.userId, page),
    );
  }
}
