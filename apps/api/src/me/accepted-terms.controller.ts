import { Controller } from '@nestjs/common';
import { TermsOfUse } from '@app/domain';
import { z } from 'zod';
import { CallerOf, Input, type Caller } from '../http/call.js';
import { Endpoint } from '../http/endpoint.js';

const acceptance = z
  .strictObject({
    version: z
      .string()
      .max(40)
      .meta({ description: 'As it was shown: `terms.version` of GET /v1/instance.' }),
  })
  .meta({ id: 'TermsAcceptance', description: 'The version of the terms that its reader accepts.' });

@Controller()
export class AcceptedTermsController {
  constructor(private readonly terms: TermsOfUse) {}

  @Endpoint({
    method: 'PUT',
    path: '/v1/me/terms',
    tag: 'Accounts',
    summary: 'Accept the terms of this instance',
    details:
      'Nothing is refused to whoever has accepted none, or an earlier version: asking is up to the app.',
    access: 'required',
    body: acceptance,
    answers: { 204: null },
    problems: ['terms_required'],
    rate: 'write',
  })
  async acceptTerms(
    @Input() { version }: z.output<typeof acceptance>,
    @CallerOf() { userId }: Caller,
  ): Promise<void> {
    await this.terms.accept(userId, version);
  }
}
