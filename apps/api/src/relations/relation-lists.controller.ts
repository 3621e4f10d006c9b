import { Controller, Req } from '@nestjs/common';
import { BlockRows, FollowRows } from '@app/storage';
import { People } from '@app/domain';
import { z } from 'zod';
import { CallerOf, Input, type ApiRequest, type Caller } from '../http/call.js';
import { listQuery, type ListInput, type PageRequest } from '../http/cursors.js';
import { Endpoint } from '../http/endpoint.js';
import { pathId } from '../http/fields.js';
import { pathOf } from '../http/paths.js';
import { UserLists } from '../users/user-lists.js';
import { userList } from '../users/users.schemas.js';

const list = {
  method: 'GET',
  tag: 'People',
  query: listQuery,
  answers: { 200: userList },
  problems: ['cursor_invalid'],
} as const;
const ownList = { ...list, access: 'required' } as const;
const listOfUser = {
  ...list,
  access: 'optional',
  params: z.object({ id: pathId }),
  problems: ['not_found', 'cursor_invalid'],
} as const;

@Controller()
export class RelationListsController {
  constructor(
    private readonly people: People,
    private readonly follows: FollowRows,
    private readonly blocks: BlockRows,
    private readonly lists: UserLists,
  ) {}

  @Endpoint({
    ...listOfUser,
    path: '/v1/users/:id/followers',
    summary: 'Who follows a person, newest first',
  })
  async listFollowers(
    @Input() input: { id: string } & ListInput,
    @CallerOf() caller: Caller | null,
    @Req() request: ApiRequest,
  ) {
    const viewer = caller?.userId ?? null;
    await this.people.withContent(input.id, viewer);
    return this.lists.page(pathOf(request), input, viewer, (page) => this.follows.followers(input.id, page));
  }

  /** The list of people that a person follows is as private as their posts. */
  @Endpoint({
    ...listOfUser,
    path: '/v1/users/:id/following',
    summary: 'Whom a person follows, newest first',
  })
  async listFollowing(
    @Input() input: { id: string } & ListInput,
    @CallerOf() caller: Caller | null,
    @Req() request: ApiRequest,
  ) {
    const viewer = caller?.userId ?? null;
    await this.people.withContent(input.id, viewer);
    return this.lists.page(pathOf(request), input, viewer, (page) => this.follows.following(input.id, page));
  }

  @Endpoint({
    ...ownList,
    path: '/v1/follow-requests',
    summary: 'Who asks to follow one, newest first',
  })
  async listFollowRequests(
    @Input() input: ListInput,
    @CallerOf() { userId }: Caller,
    @Req() request: ApiRequest,
  ) {
    return this.lists.page(pathOf(request), input, userId, (page) => this.follows.requests(userId, page));
  }

  @Endpoint({
    ...ownList,
    path: '/v1/me/blocked',
    summary: 'Whom one blocks, newest first',
  })
  async listBlockedUsers(
    @Input() input: ListInput,
    @CallerOf() { userId }: Caller,
    @Req() request: ApiRequest,
  ) {
    const scan = (page: PageRequest) => this.blocks.blocked(userId, page);
    return this.lists.page(pathOf(request), input, userId, scan, 'own');
  }

  @Endpoint({
    ...ownList,
    path: '/v1/me/muted',
    summary: 'Whom one mutes, newest first',
  })
  async listMutedUsers(
    @Input() input: ListInput,
    @CallerOf() { userId }: Caller,
    @Req() request: ApiRequest,
  ) {
    const scan = (page: PageRequest) => this.blocks.muted(userId, page);
    return this.lists.page(pathOf(request), input, userId, scan, 'own');
  }
}
