import { Controller, Req, Res } from '@nestjs/common';
import { People } from '@app/domain';
import { z } from 'zod';
import { CallerOf, Input, type ApiReply, type ApiRequest, type Caller } from '../http/call.js';
import { Endpoint } from '../http/endpoint.js';
import { pathId, shown } from '../http/fields.js';
import { fresh, tagOf } from '../http/freshness.js';
import { UserView } from './user-view.js';
import { user } from './users.schemas.js';

@Controller()
export class UsersController {
  constructor(
    private readonly people: People,
    private readonly view: UserView,
  ) {}

  @Endpoint({
    method: 'GET',
    path: '/v1/users/:id',
    tag: 'People',
    summary: 'A person',
    access: 'optional',
    params: z.object({ id: pathId }),
    answers: { 200: user },
    headers: ['ETag'],
    problems: ['not_found'],
  })
  async getUser(
    @Input() input: { id: string },
    @CallerOf() caller: Caller | null,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: ApiReply,
  ) {
    const viewer = caller?.userId ?? null;
    const shown = await this.view.user(await this.people.visible(input.id, viewer), viewer);
    return fresh(request, reply, tagOf(JSON.stringify(shown)), shown);
  }

  @Endpoint({
    method: 'GET',
    path: '/v1/users/by/username/:username',
    tag: 'People',
    summary: 'A person, by username',
    access: 'optional',
    params: z.object({ username: shown(200, 'In any case.') }),
    answers: { 200: user },
    headers: ['ETag'],
    problems: ['not_found'],
  })
  async getUserByUsername(
    @Input() input: { username: string },
    @CallerOf() caller: Caller | null,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: ApiReply,
  ) {
    const viewer = caller?.userId ?? null;
    const shown = await this.view.user(await this.people.named(input.username, viewer), viewer);
    return fresh(request, reply, tagOf(JSON.stringify(shown)), shown);
  }
}
