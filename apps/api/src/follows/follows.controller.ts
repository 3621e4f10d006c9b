import { Controller, Req } from '@nestjs/common';
import { z } from 'zod';
import { CallerOf, Input, type ApiRequest, type Caller } from '../http/call.js';
import { listQuery, type ListInput } from '../http/cursors.js';
import { Endpoint } from '../http/endpoint.js';
import { pathId } from '../http/fields.js';
import { relationship, userList } from '../users/users.schemas.js';
import { FollowListsService } from './follow-lists.service.js';
import { FollowsService } from './follows.service.js';

const params = z.object({ id: pathId });

@Controller()
export class FollowsController {
  constructor(
    private readonly follows: FollowsService,
    private readonly lists: FollowListsService,
  ) {}

  @Endpoint({
    method: 'PUT',
    path: '/v1/users/:id/follow',
    operationId: 'followUser',
    tag: 'People',
    summary: 'Follow, or ask a private person to be let in',
    access: 'required',
    params,
    answers: { 200: relationship },
    problems: ['not_found', 'self_not_allowed', 'follow_limit'],
    rate: 'write',
  })
  async follow(@Input() input: { id: string }, @CallerOf() caller: Caller) {
    return this.follows.follow(caller.userId, input.id);
  }

  @Endpoint({
    method: 'DELETE',
    path: '/v1/users/:id/follow',
    operationId: 'unfollowUser',
    tag: 'People',
    summary: 'Unfollow, or take a request back',
    access: 'required',
    params,
    answers: { 200: relationship },
    problems: ['not_found'],
    rate: 'write',
  })
  async unfollow(@Input() input: { id: string }, @CallerOf() caller: Caller) {
    return this.follows.unfollow(caller.userId, input.id);
  }

  @Endpoint({
    method: 'GET',
    path: '/v1/users/:id/followers',
    operationId: 'listFollowers',
    tag: 'People',
    summary: 'Who follows a person, newest first',
    access: 'optional',
    params,
    query: listQuery,
    answers: { 200: userList },
    problems: ['not_found', 'cursor_invalid'],
  })
  async followers(
    @Input() input: { id: string } & ListInput,
    @CallerOf() caller: Caller | null,
    @Req() request: ApiRequest,
  ) {
    return this.lists.list('followers', input, caller, request);
  }

  @Endpoint({
    method: 'GET',
    path: '/v1/users/:id/following',
    operationId: 'listFollowing',
    tag: 'People',
    summary: 'Whom a person follows, newest first',
    access: 'optional',
    params,
    query: listQuery,
    answers: { 200: userList },
    problems: ['not_found', 'cursor_invalid'],
  })
  async following(
    @Input() input: { id: string } & ListInput,
    @CallerOf() caller: Caller | null,
    @Req() request: ApiRequest,
  ) {
    return this.lists.list('following', input, caller, request);
  }
}
