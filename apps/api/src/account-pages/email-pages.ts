import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, Problem, type Config } from '@app/platform';
import { EmailReversals, EmailVerifications, FactorRemovals } from '@app/domain';
import type { Origin } from '@app/storage';
import type { FastifyRequest } from 'fastify';
import { originOf } from '../http/origin.js';
import type { AskedByMail, Shown } from './account-pages.js';
import { fieldsOf, isOwnForm } from './forms.js';
import { PasswordPages } from './password-pages.js';

/** The pages that verify an address, take a change of one back, and keep second factors. They call what the endpoints call. */
@Injectable()
export class EmailPages {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'publicUrl'>,
    private readonly pages: PasswordPages,
    private readonly verifications: EmailVerifications,
    private readonly reversals: EmailReversals,
    private readonly removals: FactorRemovals,
  ) {}

  async form(what: AskedByMail, request: FastifyRequest): Promise<Shown> {
    const { token = '' } = fieldsOf(request);
    const pages = this.pages.pagesFor(request);
    const services = { verify: this.verifications, reversal: this.reversals, factors: this.removals };
    return (await services[what].isGood(token)) ? pages.asks(what, token) : pages.over(what);
  }

  async send(what: AskedByMail, request: FastifyRequest): Promise<Shown> {
    const pages = this.pages.pagesFor(request);
    if (!isOwnForm(request, this.config.publicUrl)) return pages.refused('elsewhere', 403);
    const { token = '' } = fieldsOf(request);
    const from = originOf(request);
    try {
      await this.act(what, token, from);
    } catch (error) {
      if (error instanceof Problem && error.code === 'token_used') return pages.over(what);
      throw error;
    }
    return pages.did(what);
  }

  private async act(what: AskedByMail, token: string, from: Origin): Promise<void> {
    if (what === 'verify') await this.verifications.verify({ token }, from);
    else if (what === 'reversal') await this.reversals.revert(token, from);
    else await this.removals.stop(token, from);
  }
}
