import { Controller, Req, Res } from '@nestjs/common';
import { z } from 'zod';
import { CallerOf, Input, type ApiReply, type ApiRequest, type Caller } from '../http/call.js';
import { Endpoint } from '../http/endpoint.js';
import { pathId } from '../http/fields.js';
import { fresh, tagOf } from '../http/freshness.js';
import { Idempotency, idempotencyKeyOf } from '../http/idempotency.js';
import { signedIn } from '../sessions/sessions.schemas.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { SignUpService } from './sign-up.service.js';
import { signUp, user } from './users.schemas.js';
import { UsersService } from './users.service.js';

@Controller()
export class UsersController {
  constructor(
    private readonly users: UsersService,
    private readonly signUps: SignUpService,
    private readonly sessions: SessionsService,
    private readonly idempotency: Idempotency,
  ) {}

  @Endpoint({
    method: 'POST',
    path: '/v1/users',
    operationId: 'signUp',
    tag: 'Accounts',
    summary: 'Sign up',
    access: 'none',
    body: signUp,
    answers: { 201: signedIn },
    problems: ['username_taken', 'email_taken', 'registrations_closed', 'busy', 'gone'],
    idempotent: true,
    rate: 'signUp',
  })
  async create(@Input() input: z.output<typeof signUp>, @Req() request: ApiRequest) {
    const idempotencyKey = idempotencyKeyOf(request);
    const userAgent = request.headers['user-agent'] ?? null;
    const prepared = await this.signUps.prepare(input);
    const made = await this.idempotency.once(request, input, async (tx) => {
      const row = await this.signUps.create(tx, prepared);
      return { status: 201, id: await this.sessions.begin(tx, row.id, { userAgent, idempotencyKey }) };
    });
    const session = await this.sessions.first(made.id, idempotencyKey);
    return { user: await this.users.me(await this.sessions.owner(session.id)), session };
  }

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
