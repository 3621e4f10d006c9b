import { Controller, Req } from '@nestjs/common';
import { SignUps } from '@app/domain';
import { languageOf } from '@app/pages';
import type { z } from 'zod';
import { Input, type ApiRequest } from '../http/call.js';
import { Endpoint } from '../http/endpoint.js';
import { originOf } from '../http/origin.js';
import { signUp } from '../users/users.schemas.js';
import { SessionStart } from './session-start.js';
import { signedIn } from './sessions.schemas.js';

@Controller()
export class SignUpController {
  constructor(
    private readonly signUps: SignUps,
    private readonly start: SessionStart,
  ) {}

  @Endpoint({
    method: 'POST',
    path: '/v1/users',
    tag: 'Accounts',
    summary: 'Sign up',
    details:
      'A mail verifies the address. The answer is the same when it belongs to somebody, who is told. Without `locale`, mails are in the language of `Accept-Language`.',
    access: 'none',
    body: signUp,
    answers: { 201: signedIn },
    problems: ['username_taken', 'password_too_weak', 'registrations_closed', 'busy', 'gone'],
    idempotent: true,
    rate: 'signUp',
  })
  async signUp(@Input() input: z.output<typeof signUp>, @Req() request: ApiRequest) {
    const passwordHash = await this.signUps.prepare(input);
    const { locale = languageOf(request.headers['accept-language']) } = input;
    return this.start.begin(request, input, (tx) =>
      this.signUps.create(tx, { ...input, locale }, passwordHash, originOf(request)),
    );
  }
}
