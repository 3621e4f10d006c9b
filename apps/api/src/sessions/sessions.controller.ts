import { Controller, Req } from '@nestjs/common';
import { Accounts, Sessions } from '@app/domain';
import type { Id } from '@app/platform';
import { SessionRows, type Origin, type Tx } from '@app/storage';
import { z } from 'zod';
import { CallerOf, Input, type ApiRequest, type Caller } from '../http/call.js';
import { Cursors, listQuery, type ListInput } from '../http/cursors.js';
import { Endpoint } from '../http/endpoint.js';
import { pathId } from '../http/fields.js';
import { Idempotency, idempotencyKeyOf } from '../http/idempotency.js';
import { OriginOf, originOf } from '../http/origin.js';
import { pathOf } from '../http/paths.js';
import { UserView } from '../users/user-view.js';
import { signUp } from '../users/users.schemas.js';
import { entryOf, refresh, refreshed, sessionList, signedIn, signIn } from './sessions.schemas.js';

@Controller()
export class SessionsController {
  constructor(
    private readonly sessions: Sessions,
    private readonly accounts: Accounts,
    private readonly rows: SessionRows,
    private readonly view: UserView,
    private readonly idempotency: Idempotency,
    private readonly cursors: Cursors,
  ) {}

  @Endpoint({
    method: 'POST',
    path: '/v1/sessions',
    tag: 'Sessions',
    summary: 'Sign in',
    access: 'none',
    body: signIn,
    answers: { 201: signedIn },
    problems: ['bad_credentials', 'busy', 'gone'],
    idempotent: true,
    rate: 'signIn',
  })
  async signIn(@Input() input: z.output<typeof signIn>, @Req() request: ApiRequest) {
    const proof = await this.accounts.authenticate(input, originOf(request));
    return this.begin(request, input, (tx) => this.accounts.admit(tx, proof));
  }

  @Endpoint({
    method: 'POST',
    path: '/v1/users',
    tag: 'Accounts',
    summary: 'Sign up',
    access: 'none',
    body: signUp,
    answers: { 201: signedIn },
    problems: ['username_taken', 'email_taken', 'password_too_weak', 'registrations_closed', 'busy', 'gone'],
    idempotent: true,
    rate: 'signUp',
  })
  async signUp(@Input() input: z.output<typeof signUp>, @Req() request: ApiRequest) {
    const passwordHash = await this.accounts.prepare(input);
    return this.begin(request, input, (tx) =>
      this.accounts.create(tx, input, passwordHash, originOf(request)),
    );
  }

  /** Begins a session of the person whom `personIn` finds or makes; once per Idempotency-Key. */
  private async begin(request: ApiRequest, input: unknown, personIn: (tx: Tx) => Promise<Id>) {
    const idempotencyKey = idempotencyKeyOf(request);
    const device = { ...originOf(request), idempotencyKey };
    const made = await this.idempotency.once(request, input, async (tx) => ({
      status: 201,
      id: await this.sessions.begin(tx, await personIn(tx), device),
    }));
    const { userId, session } = await this.sessions.first(made.id, idempotencyKey);
    return { user: await this.view.me(userId), session };
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
    rate: 'refresh',
  })
  async refreshSession(@Input() input: z.output<typeof refresh>, @Req() request: ApiRequest) {
    const token = this.sessions.parse(input.refreshToken);
    // A refresh may be repeated anyway; the key only prevents its reuse for another request.
    await this.idempotency.once(request, input, () => Promise.resolve({ status: 200, id: token.sessionId }));
    return { session: await this.sessions.refresh(token, originOf(request)) };
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
  async listSessions(@Input() input: ListInput, @CallerOf() caller: Caller, @Req() request: ApiRequest) {
    return this.cursors.list(
      pathOf(request),
      input,
      (page) => this.rows.living(caller.userId, page),
      (rows) => rows.map((row) => entryOf(row, caller)),
    );
  }

  @Endpoint({
    method: 'DELETE',
    path: '/v1/sessions',
    tag: 'Sessions',
    summary: 'Sign out everywhere else',
    access: 'required',
    answers: { 204: null },
  })
  async endOtherSessions(@CallerOf() caller: Caller, @OriginOf() from: Origin): Promise<void> {
    await this.sessions.endOthers(caller, from);
  }

  @Endpoint({
    method: 'DELETE',
    path: '/v1/sessions/current',
    tag: 'Sessions',
    summary: 'Sign out',
    access: 'required',
    answers: { 204: null },
  })
  async endCurrentSession(@CallerOf() caller: Caller, @OriginOf() from: Origin): Promise<void> {
    await this.sessions.end(caller.userId, caller.sessionId, from);
  }

  @Endpoint({
    method: 'DELETE',
    path: '/v1/sessions/:id',
    tag: 'Sessions',
    summary: 'Sign a device out',
    access: 'required',
    params: z.object({ id: pathId }),
    answers: { 204: null },
    problems: ['not_found'],
  })
  async endSession(
    @Input() input: { id: string },
    @CallerOf() caller: Caller,
    @OriginOf() from: Origin,
  ): Promise<void> {
    await this.sessions.end(caller.userId, input.id, from);
  }
}
