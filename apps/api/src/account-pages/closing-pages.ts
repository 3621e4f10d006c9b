import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '@app/platform';
import { Accounts, Closing } from '@app/domain';
import { languageOf } from '@app/pages';
import type { FastifyRequest } from 'fastify';
import { originOf } from '../http/origin.js';
import { AccountPages, type Shown } from './account-pages.js';
import { fieldsOf, isOwnForm } from './forms.js';

/** The page on which people close their account without an app, as stores of apps demand. */
@Injectable()
export class ClosingPages {
  constructor(
    @Inject(CONFIG)
    private readonly config: Pick<Config, 'INSTANCE_NAME' | 'publicUrl' | 'ACCOUNT_DELETION_DAYS'>,
    private readonly accounts: Accounts,
    private readonly closing: Closing,
  ) {}

  form(request: FastifyRequest, fault?: 'wrong'): Shown {
    return this.pagesFor(request).leave(fault, this.config.ACCOUNT_DELETION_DAYS);
  }

  async close(request: FastifyRequest): Promise<Shown> {
    if (!isOwnForm(request, this.config.publicUrl)) return this.pagesFor(request).refused('elsewhere', 403);
    const { login = '', password = '' } = fieldsOf(request);
    if (login.length > 320 || password.length > 1_024) return this.form(request, 'wrong');
    const from = originOf(request);
    const proof = await this.accounts.authenticate({ login, password }, from);
    if (!proof) return this.form(request, 'wrong');
    return this.pagesFor(request).left(await this.closing.closeBy(proof, from));
  }

  private pagesFor({ headers }: FastifyRequest): AccountPages {
    return new AccountPages(this.config.INSTANCE_NAME, languageOf(headers['accept-language']));
  }
}
