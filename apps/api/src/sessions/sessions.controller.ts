import { Controller, Req } from '@nestjs/common';
import { z } from 'zod';
import { CallerOf, Input, type ApiRequest, type Caller } from '../http/call.js';
import { listQuery, type ListInput } from '../http/cursors.js';
import { Endpoint } from '../http/endpoint.js';
import { pathId } from '../http/fields.js';
import { Idempotency, idempotencyKeyOf } from '../http/idempotency.js';
import { pathOf } from '../http/paths.js';
import { UsersService } from '../users/users.service.js';
import { Credentials } from '@app/domain';
import { refresh, refreshed, sessionList, signedIn, signIn } from './sessions.schemas.js';
import { SessionsService } from './sessions.service.js';

@Controller()
export class SessionsController {
  constructor(
    private readonly sessions: SessionsService,
    private readonly credentials: Credentials,
    private readonly users: UsersService,
    private readonly idempotency: Idempotency,
  ) {}

  @Endpoint({
    method: 'POST',
    path: '/v1/sessions',
    operationId: 'signIn',
    tag: 'Sessions',
    summary: 'Sign in',
    access: 'none',
    body: signIn,
    answers: { 201: signedIn },
    problems: ['bad_credentials', 'busy', 'gone'],
    idempotent: true,
    rate: 'signIn',
  })
  async create(@Input() input: z.output<typeof signIn>, @Req() request: ApiRequest) {
    const user = await this.credentials.authenticate(input.login, input.password);
    const idempotencyKey = idempotencyKeyOf(request);
    const userAgent = request.headers['user-agent'] ?? null;
    const made = await this.idempotency.once(request, input, async (tx) => ({
      status: 201,
      id: await this.sessions.begin(tx, user.id, { userAgent, idempotencyKey }),
    }));
    return {
      user: await this.users.me(user.id),
      session: await this.sessions.first(made.id, idempotencyKey),
    };
  }

  @Endpoint({
    method: 'POST',
    path: '/v1/sessions/refresh',
    tag: 'Sessions',
    summary: 'Exchange a refresh token for its successor',
    access: 'none',
    body: refresh,
    answers: { 200: refreshed },
    problems: ['session_ended'],
    idempotent: true,
    rate: 'signIn',
  })
  async refresh(@Input() input: z.output<typeof refresh>, @Req() request: ApiRequest) {
    const id = this.sessions.idOf(input.refreshToken);
    // A refresh may be repeated anyway; the key only prevents its reuse for another request.
    await this.idempotency.once(request, input, () => Promise.resolve({ status: 200, id }));
    return { session: await this.sessions.refresh(input.refreshToken) };
  }

  @Endpoint({
    method: 'GET',
    path: '/v1/sessions',
    tag: 'Sessions',
    summary: 'Where one is signed in, newest first',
    access: 'required',
    query: listQuery,
    answers: { 200: sessionList },
    problems: ['cursor_invalid'],
  })
  async list(@Input() input: ListInput, @CallerOf() caller: Caller, @Req() request: ApiRequest) {
    return this.sessions.list(pathOf(request), input, caller);
  }

  @Endpoint({
    method: 'DELETE',
    path: '/v1/sessions/current',
    operationId: 'endCurrentSession',
    tag: 'Sessions',
    summary: 'Sign out',
    access: 'required',
    answers: { 204: null },
  })
  async endCurrent(@CallerOf() caller: Caller): Promise<void> {
    await this.sessions.end(caller.userId, caller.sessionId);
  }

  @Endpoint({
    method: 'DELETE',
    path: '/v1/sessions/:id',
    operationId: 'endSession',
    tag: 'Sessions',
    summary: 'Sign a device out',
    access: 'required',
    params: z.object({ id: pathId }),
    answers: { 204: null },
    problems: ['not_found'],
  })
  async end(@Input() input: { id: string }, @CallerOf() caller: Caller): Promise<void> {
    await this.sessions.endOwn(caller.userId, input.id);
  }
}
