import { Controller, Req, Res } from '@nestjs/common';
import { Sessions, SignUps } from '@app/domain';
import { problem, type Id } from '@app/platform';
import { languageOf } from '@app/pages';
import { RegistrationRows } from '@app/storage';
import type { z } from 'zod';
import { Input, type ApiReply, type ApiRequest } from '../http/call.js';
import { Endpoint } from '../http/endpoint.js';
import { Idempotency, idempotencyKeyOf } from '../http/idempotency.js';
import { originOf } from '../http/origin.js';
import { signedIn } from '../sessions/sessions.schemas.js';
import { UserView } from '../users/user-view.js';
import { signUp, waiting } from './sign-ups.schemas.js';

@Controller()
export class SignUpsController {
  constructor(
    private readonly signUps: SignUps,
    private readonly sessions: Sessions,
    private readonly registrations: RegistrationRows,
    private readonly view: UserView,
    private readonly idempotency: Idempotency,
  ) {}

  @Endpoint({
    method: 'POST',
    path: '/v1/users',
    tag: 'Accounts',
    summary: 'Sign up',
    details:
      '`registrations` and `requires` of GET /v1/instance say what is asked for. A mail verifies the address; the answer is the same when it belongs to somebody, who is told. 202: an admin has to let them in, and a mail tells when. Without `locale`, mails are in the language of `Accept-Language`.',
    access: 'none',
    body: signUp,
    answers: { 201: signedIn, 202: waiting },
    problems: [
      'username_taken',
      'identity_taken',
      'sign_up_expired',
      'password_too_weak',
      'registrations_closed',
      'invite_required',
      'terms_required',
      'too_young',
      'busy',
      'gone',
    ],
    idempotent: true,
    rate: 'signUp',
  })
  async signUp(
    @Input() input: z.output<typeof signUp>,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: ApiReply,
  ) {
    const wayIn = await this.signUps.prepare(input);
    const idempotencyKey = idempotencyKeyOf(request);
    const from = originOf(request);
    const { locale = languageOf(request.headers['accept-language']) } = input;
    const made = await this.idempotency.once(request, input, async (tx) => {
      const { id, waits } = await this.signUps.create(tx, { ...input, locale }, wayIn, from);
      if (waits) return { status: 202, id };
      return { status: 201, id: await this.sessions.begin(tx, id, { ...from, idempotencyKey }) };
    });
    void reply.status(made.status);
    if (made.status === 202) return { user: await this.waiting(made.id) };
    const { userId, session } = await this.sessions.first(made.id, idempotencyKey);
    return { user: await this.view.me(userId), session };
  }

  /** @throws Problem 410 when an admin decided since: whoever was let in signs in */
  private async waiting(id: Id) {
    const row = await this.registrations.find(id);
    if (!row) throw problem('gone');
    return this.view.waiting(row);
  }
}
