import { Controller, Req, Res } from '@nestjs/common';
import { Accounts, Profiles } from '@app/domain';
import { AuditRows, type Origin } from '@app/storage';
import { z } from 'zod';
import { CallerOf, Input, type ApiReply, type ApiRequest, type Caller } from '../http/call.js';
import { Cursors, listQuery, type ListInput } from '../http/cursors.js';
import { Endpoint } from '../http/endpoint.js';
import { fresh, tagOf } from '../http/freshness.js';
import { OriginOf } from '../http/origin.js';
import { pathOf } from '../http/paths.js';
import { UserView } from '../users/user-view.js';
import { avatarChange, me, passwordChange, profileChange } from '../users/users.schemas.js';
import { securityEventOf, securityEvents } from './security-events.js';

@Controller()
export class MeController {
  constructor(
    private readonly accounts: Accounts,
    private readonly profiles: Profiles,
    private readonly view: UserView,
    private readonly audit: AuditRows,
    private readonly cursors: Cursors,
  ) {}

  @Endpoint({
    method: 'GET',
    path: '/v1/me',
    tag: 'Accounts',
    summary: 'Oneself',
    access: 'required',
    answers: { 200: me },
    headers: ['ETag'],
  })
  async getMe(
    @CallerOf() caller: Caller,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: ApiReply,
  ) {
    const shown = await this.view.me(caller.userId);
    return fresh(request, reply, tagOf(JSON.stringify(shown)), shown);
  }

  @Endpoint({
    method: 'PATCH',
    path: '/v1/me',
    tag: 'Accounts',
    summary: 'Change one’s profile: an absent field stays, null clears',
    access: 'required',
    body: profileChange,
    answers: { 200: me },
    problems: ['username_taken'],
    rate: 'write',
  })
  async updateMe(
    @Input() input: z.output<typeof profileChange>,
    @CallerOf() caller: Caller,
    @OriginOf() from: Origin,
  ) {
    await this.profiles.change(caller.userId, input, from);
    return this.view.me(caller.userId);
  }

  @Endpoint({
    method: 'PUT',
    path: '/v1/me/avatar',
    tag: 'Accounts',
    summary: 'Use an unposted photo as one’s picture; null takes it away',
    access: 'required',
    body: avatarChange,
    answers: { 200: me },
    problems: ['photo_not_found', 'photo_rejected', 'photo_not_ready', 'photo_already_posted'],
    rate: 'write',
  })
  async setAvatar(
    @Input() input: z.output<typeof avatarChange>,
    @CallerOf() caller: Caller,
    @OriginOf() from: Origin,
  ) {
    await this.profiles.changeAvatar(caller.userId, input.photoId, from);
    return this.view.me(caller.userId);
  }

  @Endpoint({
    method: 'PUT',
    path: '/v1/me/password',
    tag: 'Accounts',
    summary: 'Change one’s password; all other sessions end',
    access: 'required',
    body: passwordChange,
    answers: { 204: null },
    problems: ['password_wrong', 'password_too_weak', 'busy'],
    rate: 'signIn',
  })
  async changePassword(
    @Input() input: z.output<typeof passwordChange>,
    @CallerOf() caller: Caller,
    @OriginOf() from: Origin,
  ): Promise<void> {
    await this.accounts.changePassword(caller, input, from);
  }

  @Endpoint({
    method: 'GET',
    path: '/v1/me/security-events',
    tag: 'Accounts',
    summary:
      'What happened to one’s account, newest first: sign-ins, changes of credentials and rights, deletions',
    access: 'required',
    query: listQuery,
    answers: { 200: securityEvents },
    problems: ['cursor_invalid'],
  })
  async listSecurityEvents(
    @Input() input: ListInput,
    @CallerOf() { userId }: Caller,
    @Req() request: ApiRequest,
  ) {
    return this.cursors.list(
      pathOf(request),
      input,
      (page) => this.audit.of(userId, page),
      (rows) => rows.map((row) => securityEventOf(row)),
    );
  }
}
