import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, Problem, type Config } from '@app/platform';
import { Accounts, Leaving } from '@app/domain';
import { languageOf } from '@app/pages';
import type { FastifyRequest } from 'fastify';
import { originOf } from '../http/origin.js';
import { AccountPages, type LeavingFault, type Shown } from './account-pages.js';
import { factorOf, fieldsOf, isOwnForm } from './forms.js';

/** The page on which people close their account without an app, as stores of apps demand. */
@Injectable()
export class ClosingPages {
  constructor(
    @Inject(CONFIG)
    private readonly config: Pick<Config, 'INSTANCE_NAME' | 'publicUrl' | 'ACCOUNT_DELETION_DAYS'>,
    private readonly accounts: Accounts,
    private readonly leaving: Leaving,
  ) {}

  form(request: FastifyRequest, fault?: LeavingFault): Shown {
    return this.pagesFor(request).leave(this.config.ACCOUNT_DELETION_DAYS, fault);
  }

  async close(request: FastifyRequest): Promise<Shown> {
    if (!isOwnForm(request, this.config.publicUrl)) return this.pagesFor(request).refused('elsewhere', 403);
    const { login = '', password = '', factor = '' } = fieldsOf(request);
    if (login.length > 320 || password.length > 1_024) return this.form(request, 'wrong');
    const from = originOf(request);
    const proof = await this.accounts.authenticate({ login, password }, from);
    if (!proof) return this.form(request, 'wrong');
    try {
      return this.pagesFor(request).left(await this.leaving.closeBy(proof, factorOf(factor), from));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      // The password was changed between the two steps.
      if (error.code === 'bad_credentials') return this.form(request, 'wrong');
      if (error.code === 'code_wrong') return this.form(request, 'factorWrong');
      if (error.code === 'second_factor_required') return this.form(request, 'factorMissing');
      throw error;
    }
  }

  private pagesFor({ headers }: FastifyRequest): AccountPages {
    return new AccountPages(this.config.INSTANCE_NAME, languageOf(headers['accept-language']));
  }
}
