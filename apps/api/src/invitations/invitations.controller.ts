import { Controller, Inject, Req } from '@nestjs/common';
import { CONFIG, invitationCode, problem, type Config } from '@app/platform';
import { Invitations } from '@app/domain';
import { InvitationRows, type InvitationRow } from '@app/storage';
import { z } from 'zod';
import { CallerOf, Input, type ApiRequest, type Caller } from '../http/call.js';
import { Cursors, listQuery, type ListInput } from '../http/cursors.js';
import { Endpoint } from '../http/endpoint.js';
import { pathId } from '../http/fields.js';
import { Idempotency } from '../http/idempotency.js';
import { pathOf } from '../http/paths.js';
import { invitation, invitationList, newInvitation } from './invitations.schemas.js';

@Controller()
export class InvitationsController {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'TOKEN_KEYS' | 'publicUrl'>,
    private readonly invitations: Invitations,
    private readonly rows: InvitationRows,
    private readonly idempotency: Idempotency,
    private readonly cursors: Cursors,
  ) {}

  @Endpoint({
    method: 'POST',
    path: '/v1/invitations',
    tag: 'Accounts',
    summary: 'Invite somebody',
    details:
      'An account invites once it is `limits.invitation.fromAge` old, and `limits.invitation.perWeek` people in a week; an admin more.',
    access: 'required',
    body: newInvitation,
    answers: { 201: invitation },
    problems: ['registrations_closed', 'invitation_limit', 'gone'],
    idempotent: true,
    rate: 'write',
  })
  async createInvitation(
    @Input() input: z.output<typeof newInvitation>,
    @CallerOf() { userId }: Caller,
    @Req() request: ApiRequest,
  ) {
    const made = await this.idempotency.once(request, input, async (tx) => ({
      status: 201,
      id: await this.invitations.make(tx, userId, input.uses),
    }));
    const row = await this.rows.find(made.id);
    if (row?.revoked_at !== null) throw problem('gone');
    return this.shown(row);
  }

  @Endpoint({
    method: 'GET',
    path: '/v1/invitations',
    tag: 'Accounts',
    summary: 'One’s invitations, newest first, also those that were used or have expired within a month',
    access: 'required',
    query: listQuery,
    answers: { 200: invitationList },
    problems: ['cursor_invalid'],
  })
  async listInvitations(
    @Input() input: ListInput,
    @CallerOf() { userId }: Caller,
    @Req() request: ApiRequest,
  ) {
    return this.cursors.list(
      pathOf(request),
      input,
      (page) => this.rows.of(userId, page),
      (rows) => rows.map((row) => this.shown(row)),
    );
  }

  @Endpoint({
    method: 'DELETE',
    path: '/v1/invitations/:id',
    tag: 'Accounts',
    summary: 'Take an invitation back: nobody comes by it any more',
    access: 'required',
    params: z.object({ id: pathId }),
    answers: { 204: null },
    problems: ['not_found'],
  })
  async deleteInvitation(@Input() { id }: { id: string }, @CallerOf() { userId }: Caller): Promise<void> {
    await this.invitations.revoke(id, userId);
  }

  private shown(row: InvitationRow): z.input<typeof invitation> {
    const code = invitationCode(this.config.TOKEN_KEYS, row.id);
    return {
      id: row.id,
      code,
      url: `${this.config.publicUrl}/invite?code=${code}`,
      uses: row.uses,
      usesLeft: row.uses_left,
      createdAt: row.created_at.toISOString(),
      expiresAt: row.expires_at.toISOString(),
    };
  }
}
