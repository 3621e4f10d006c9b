import { Controller, Req } from '@nestjs/common';
import { FollowRows } from '@app/storage';
import { z } from 'zod';
import { CallerOf, Input, type ApiRequest, type Caller } from '../http/call.js';
import { listQuery, type ListInput } from '../http/cursors.js';
import { Endpoint } from '../http/endpoint.js';
import { pathId } from '../http/fields.js';
import { pathOf } from '../http/paths.js';
import { UserLists } from '../users/user-lists.js';
import { relationship, userList } from '../users/users.schemas.js';
import { FollowsService } from './follows.service.js';

const change = {
  tag: 'People',
  access: 'required',
  params: z.object({ userId: pathId }),
  answers: { 200: relationship },
  problems: ['not_found'],
  rate: 'write',
} as const;

@Controller()
export class FollowRequestsController {
  constructor(
    private readonly follows: FollowsService,
    private readonly rows: FollowRows,
    private readonly lists: UserLists,
  ) {}

  @Endpoint({
    method: 'GET',
    path: '/v1/follow-requests',
    tag: 'People',
    summary: 'Who asks to follow one, newest first',
    access: 'required',
    query: listQuery,
    answers: { 200: userList },
    problems: ['cursor_invalid'],
  })
  async list(@Input() input: ListInput, @CallerOf() caller: Caller, @Req() request: ApiRequest) {
    return this.lists.page(pathOf(request), input, caller.userId, (page) =>
      this.rows.requests(caller.userId, page),
    );
  }

  @Endpoint({ ...change, method: 'PUT', path: '/v1/follow-requests/:userId', summary: 'Let a follower in' })
  async accept(@Input() input: { userId: string }, @CallerOf() caller: Caller) {
    return this.follows.accept(caller.userId, input.userId);
  }

  @Endpoint({
    ...change,
    method: 'DELETE',
    path: '/v1/follow-requests/:userId',
    summary: 'Turn a request down',
  })
  async reject(@Input() input: { userId: string }, @CallerOf() caller: Caller) {
    return this.follows.reject(caller.userId, input.userId);
  }

  @Endpoint({
    ...change,
    method: 'DELETE',
    path: '/v1/followers/:userId',
    summary: 'Remove a follower, silently',
  })
  async remove(@Input() input: { userId: string }, @CallerOf() caller: Caller) {
    return this.follows.remove(caller.userId, input.userId);
  }
}
