import { Controller, Req } from '@nestjs/common';
import { Sessions } from '@app/domain';
import { SessionRows, type Origin } from '@app/storage';
import { z } from 'zod';
import { CallerOf, Input, type ApiRequest, type Caller } from '../http/call.js';
import { Cursors, listQuery, type ListInput } from '../http/cursors.js';
import { Endpoint } from '../http/endpoint.js';
import { pathId } from '../http/fields.js';
import { OriginOf } from '../http/origin.js';
import { pathOf } from '../http/paths.js';
import { entryOf, sessionList } from './sessions.schemas.js';

/** Where one is signed in, and signing out. */
@Controller()
export class SessionListController {
  constructor(
    private readonly sessions: Sessions,
    private readonly rows: SessionRows,
    private readonly cursors: Cursors,
  ) {}

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
