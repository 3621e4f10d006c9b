import { Controller, Req } from '@nestjs/common';
import { PasswordResets, ResetRequests } from '@app/domain';
import { languageOf } from '@app/pages';
import type { Origin } from '@app/storage';
import type { z } from 'zod';
import { Input, type ApiRequest } from '../http/call.js';
import { Endpoint } from '../http/endpoint.js';
import { OriginOf } from '../http/origin.js';
import { passwordReset, proofOf, resetRequest } from './password-resets.schemas.js';

@Controller()
export class PasswordResetsController {
  constructor(
    private readonly requests: ResetRequests,
    private readonly resets: PasswordResets,
  ) {}

  @Endpoint({
    method: 'POST',
    path: '/v1/password-resets',
    tag: 'Accounts',
    summary: 'Ask for a mail that resets a forgotten password',
    details:
      'The answer is the same whether or not there is such an account. The mail has a link and a code, both good for `limits.passwordReset.validFor` and once, in the language of `Accept-Language` where Narwhal speaks it.',
    access: 'none',
    body: resetRequest,
    answers: { 202: null },
    rate: 'reset',
  })
  async requestPasswordReset(
    @Input() { login }: z.output<typeof resetRequest>,
    @Req() request: ApiRequest,
  ): Promise<void> {
    await this.requests.ask(login, languageOf(request.headers['accept-language']));
  }

  @Endpoint({
    method: 'PUT',
    path: '/v1/password-resets',
    tag: 'Accounts',
    summary: 'Replace a forgotten password; all sessions end',
    details: 'A password that is too weak uses nothing up: send the same token or code with another.',
    access: 'none',
    body: passwordReset,
    answers: { 204: null },
    problems: [
      'token_used',
      'code_wrong',
      'second_factor_missing',
      'passkey_refused',
      'password_too_weak',
      'busy',
    ],
    rate: 'reset',
  })
  async resetPassword(
    @Input() { password, secondFactor: factor, ...proof }: z.output<typeof passwordReset>,
    @OriginOf() from: Origin,
  ): Promise<void> {
    await this.resets.reset(proofOf(proof), { password, factor }, from);
  }
}
