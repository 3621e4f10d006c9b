import { Controller, Req, Res } from '@nestjs/common';
import { z } from 'zod';
import { CallerOf, Input, type ApiReply, type ApiRequest, type Caller } from '../http/call.js';
import { Endpoint } from '../http/endpoint.js';
import { pathId } from '../http/fields.js';
import { fresh, tagOf } from '../http/freshness.js';
import { user } from './users.schemas.js';
import { UsersService } from './users.service.js';

@Controller()
export class UsersController {
  constructor(private readonly users: UsersService) {}

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
  async show(
    @Input() input: { id: string },
    @CallerOf() caller: Caller | null,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: ApiReply,
  ) {
    const shown = await this.users.show(input.id, caller?.userId ?? null);
    return fresh(request, reply, tagOf(JSON.stringify(shown)), shown);
  }

  @Endpoint({
    method: 'GET',
    path: '/v1/users/by/username/:username',
    tag: 'People',
    summary: 'A person, by username',
    access: 'optional',
    params: z.object({ username: z.string() }),
    answers: { 200: user },
    headers: ['ETag'],
    problems: ['not_found'],
  })
  async showByUsername(
    @Input() input: { username: string },
    @CallerOf() caller: Caller | null,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: ApiReply,
  ) {
    const shown = await this.users.showByUsername(input.username, caller?.userId ?? null);
    return fresh(request, reply, tagOf(JSON.stringify(shown)), shown);
  }
}
