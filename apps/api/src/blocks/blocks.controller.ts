import { Controller, Req } from '@nestjs/common';
import { BlockRows } from '@app/storage';
import { z } from 'zod';
import { CallerOf, Input, type ApiRequest, type Caller } from '../http/call.js';
import { listQuery, type ListInput } from '../http/cursors.js';
import { Endpoint } from '../http/endpoint.js';
import { pathId } from '../http/fields.js';
import { pathOf } from '../http/paths.js';
import { UserLists } from '../users/user-lists.js';
import { relationship, userList } from '../users/users.schemas.js';
import { BlocksService } from './blocks.service.js';

const change = {
  tag: 'People',
  access: 'required',
  params: z.object({ id: pathId }),
  answers: { 200: relationship },
  problems: ['not_found'],
  rate: 'write',
} as const;
const selfRefused = { ...change, problems: ['not_found', 'self_not_allowed'] } as const;
const ownList = {
  method: 'GET',
  tag: 'People',
  access: 'required',
  query: listQuery,
  answers: { 200: userList },
  problems: ['cursor_invalid'],
} as const;

@Controller()
export class BlocksController {
  constructor(
    private readonly blocks: BlocksService,
    private readonly rows: BlockRows,
    private readonly lists: UserLists,
  ) {}

  @Endpoint({
    ...selfRefused,
    method: 'PUT',
    path: '/v1/users/:id/block',
    summary: 'Block: neither sees the other any more',
  })
  async block(@Input() input: { id: string }, @CallerOf() caller: Caller) {
    return this.blocks.block(caller.userId, input.id);
  }

  @Endpoint({
    ...change,
    method: 'DELETE',
    path: '/v1/users/:id/block',
    summary: 'Unblock; follows do not come back',
  })
  async unblock(@Input() input: { id: string }, @CallerOf() caller: Caller) {
    return this.blocks.unblock(caller.userId, input.id);
  }

  @Endpoint({
    ...selfRefused,
    method: 'PUT',
    path: '/v1/users/:id/mute',
    summary: 'Mute: their posts and acts no longer reach one',
  })
  async mute(@Input() input: { id: string }, @CallerOf() caller: Caller) {
    return this.blocks.mute(caller.userId, input.id);
  }

  @Endpoint({ ...change, method: 'DELETE', path: '/v1/users/:id/mute', summary: 'Unmute' })
  async unmute(@Input() input: { id: string }, @CallerOf() caller: Caller) {
    return this.blocks.unmute(caller.userId, input.id);
  }

  @Endpoint({ ...ownList, path: '/v1/me/blocked', summary: 'Whom one blocks, newest first' })
  async blocked(@Input() input: ListInput, @CallerOf() caller: Caller, @Req() request: ApiRequest) {
    return this.lists.page(
      pathOf(request),
      input,
      caller.userId,
      (page) => this.rows.blocked(caller.userId, page),
      'own',
    );
  }

  @Endpoint({ ...ownList, path: '/v1/me/muted', summary: 'Whom one mutes, newest first' })
  async muted(@Input() input: ListInput, @CallerOf() caller: Caller, @Req() request: ApiRequest) {
    return this.lists.page(
      pathOf(request),
      input,
      caller.userId,
      (page) => this.rows.muted(caller.userId, page),
      'own',
    );
  }
}
