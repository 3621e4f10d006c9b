import { Controller, Req } from '@nestjs/common';
import { SignUps } from '@app/domain';
import { z } from 'zod';
import { Input, type ApiRequest } from '../http/call.js';
import { Endpoint } from '../http/endpoint.js';
import { Idempotency, idempotencyKeyOf } from '../http/idempotency.js';
import { signUp } from '../users/users.schemas.js';
import { UsersService } from '../users/users.service.js';
import { signedIn } from './sessions.schemas.js';
import { SessionsService } from './sessions.service.js';

@Controller()
export class SignUpController {
  constructor(
    private readonly users: UsersService,
    private readonly signUps: SignUps,
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
}
