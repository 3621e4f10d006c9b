import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, INVITATION_CODE, type Config } from '@app/platform';
import { Invitations } from '@app/domain';
import { errorLine, html, languageOf, page, textsOf } from '@app/pages';
import type { FastifyRequest } from 'fastify';
import { fieldsOf } from '../account-pages/forms.js';
import type { ShownPage } from './instance-pages.js';

/** The page of an invitation's address: who invites, and the code for the app. Showing it uses nothing up. */
@Injectable()
export class InvitePage {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'INSTANCE_NAME' | 'publicUrl'>,
    private readonly invitations: Invitations,
  ) {}

  async show(request: FastifyRequest): Promise<ShownPage> {
    const { language, invite } = textsOf(languageOf(request.headers['accept-language']));
    const { INSTANCE_NAME: instance, publicUrl } = this.config;
    const { code = '' } = fieldsOf(request);
    const opened = code.length === INVITATION_CODE ? await this.invitations.opened(code) : null;
    if (!opened) {
      const body = errorLine(invite.why);
      return { status: 404, page: page({ language, title: invite.notGood, instance, body }) };
    }
    const { invitation, inviter } = opened;
    const title = invite.title(inviter ? inviter.display_name || inviter.username : instance);
    const body = html`<p>${invite.explain}</p>
      <p>${publicUrl}</p>
      <pre>${code}</pre>
      <p class="hint">${invite.until(invitation.expires_at.toISOString().slice(0, 10))}</p>`;
    return { status: 200, page: page({ language, title, instance, body }) };
  }
}
