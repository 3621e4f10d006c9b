import { Controller } from '@nestjs/common';
import { EmailReversals, EmailVerifications, VerificationRequests } from '@app/domain';
import type { Origin } from '@app/storage';
import type { z } from 'zod';
import { CallerOf, Input, ProofOf, type Caller } from '../http/call.js';
import { Endpoint } from '../http/endpoint.js';
import { OriginOf } from '../http/origin.js';
import { proofOf } from '../password-resets/password-resets.schemas.js';
import { emailChange, reversal, verification } from './emails.schemas.js';

@Controller()
export class EmailsController {
  constructor(
    private readonly requests: VerificationRequests,
    private readonly verifications: EmailVerifications,
    private readonly reversals: EmailReversals,
  ) {}

  @Endpoint({
    method: 'POST',
    path: '/v1/email/verifications',
    tag: 'Accounts',
    summary: 'Have the mail that verifies one’s address sent again',
    details:
      'It goes to `pendingEmail`, if there is one. The answer is the same when there is nothing to verify, or the address got too many mails today.',
    access: 'required',
    answers: { 202: null },
    rate: 'write',
  })
  async requestEmailVerification(@CallerOf() caller: Caller): Promise<void> {
    await this.requests.again(caller);
  }

  @Endpoint({
    method: 'PUT',
    path: '/v1/email/verifications',
    tag: 'Accounts',
    summary: 'Verify an address by the link or the six digits of its mail',
    details:
      'Also from a device that is not signed in. The address then belongs to the account: one signs in with it.',
    access: 'none',
    body: verification,
    answers: { 204: null },
    problems: ['token_used', 'code_wrong'],
    rate: 'reset',
  })
  async verifyEmail(@Input() input: z.output<typeof verification>, @OriginOf() from: Origin): Promise<void> {
    await this.verifications.verify(proofOf(input), from);
  }

  @Endpoint({
    method: 'PUT',
    path: '/v1/me/email',
    tag: 'Accounts',
    summary: 'Ask for another address, which replaces one’s present one once it is verified',
    details:
      'The answer is the same when the address belongs to somebody, who is told. Once it is verified, the old address gets a link that takes the change back within `limits.verification.reversalFor`.',
    access: 'required',
    proven: true,
    body: emailChange,
    answers: { 202: null },
    rate: 'write',
  })
  async changeEmail(
    @Input() { email }: z.output<typeof emailChange>,
    @CallerOf() caller: Caller,
    @ProofOf() proof: string | null,
  ): Promise<void> {
    await this.requests.change(caller, email, proof);
  }

  @Endpoint({
    method: 'PUT',
    path: '/v1/email/reversals',
    tag: 'Accounts',
    summary: 'Take a change of address back, by the link of the mail to the old one',
    details:
      'All sessions end, the password becomes useless, and the address that is back gets a mail that resets it.',
    access: 'none',
    body: reversal,
    answers: { 204: null },
    problems: ['token_used'],
    rate: 'reset',
  })
  async revertEmail(@Input() { token }: z.output<typeof reversal>, @OriginOf() from: Origin): Promise<void> {
    await this.reversals.revert(token, from);
  }
}
