import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, Problem, type Config } from '@app/platform';
import { EmailReversals, EmailVerifications } from '@app/domain';
import type { FastifyRequest } from 'fastify';
import { originOf } from '../http/origin.js';
import type { Shown } from './account-pages.js';
import { fieldsOf, isOwnForm } from './forms.js';
import { PasswordPages } from './password-pages.js';

type What = 'verify' | 'reversal';

/** The pages that verify an address, and take a change of one back. They call what the endpoints call. */
@Injectable()
export class EmailPages {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'publicUrl'>,
    private readonly pages: PasswordPages,
    private readonly verifications: EmailVerifications,
    private readonly reversals: EmailReversals,
  ) {}

  async form(what: What, request: FastifyRequest): Promise<Shown> {
    const { token = '' } = fieldsOf(request);
    const pages = this.pages.pagesFor(request);
    const service = what === 'verify' ? this.verifications : this.reversals;
    return (await service.isGood(token)) ? pages.asks(what, token) : pages.over(what);
  }

  async send(what: What, request: FastifyRequest): Promise<Shown> {
    const pages = this.pages.pagesFor(request);
    if (!isOwnForm(request, this.config.publicUrl)) return pages.refused('elsewhere', 403);
    const { token = '' } = fieldsOf(request);
    const from = originOf(request);
    try {
      await (what === 'verify'
        ? this.verifications.verify({ token }, from)
        : this.reversals.revert(token, from));
    } catch (error) {
      if (error instanceof Problem && error.code === 'token_used') return pages.over(what);
      throw error;
    }
    return pages.did(what);
  }
}
