import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, Problem, type Config } from '@app/platform';
import { PasswordResets, ResetRequests } from '@app/domain';
import { languageOf } from '@app/pages';
import type { FastifyRequest } from 'fastify';
import { originOf } from '../http/origin.js';
import { newPassword } from '../users/users.schemas.js';
import { AccountPages, type Shown } from './account-pages.js';
import { factorOf, fieldsOf, isOwnForm } from './forms.js';

const languageFor = ({ headers }: FastifyRequest): string => languageOf(headers['accept-language']);

/** The pages of a forgotten password. They call what the endpoints call. */
@Injectable()
export class PasswordPages {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'INSTANCE_NAME' | 'publicUrl'>,
    private readonly requests: ResetRequests,
    private readonly resets: PasswordResets,
  ) {}

  pagesFor(request: FastifyRequest): AccountPages {
    return new AccountPages(this.config.INSTANCE_NAME, languageFor(request));
  }

  forgotForm(request: FastifyRequest): Shown {
    return this.pagesFor(request).forgot();
  }

  async forgot(request: FastifyRequest): Promise<Shown> {
    const pages = this.pagesFor(request);
    if (!isOwnForm(request, this.config.publicUrl)) return pages.refused('elsewhere', 403);
    const login = (fieldsOf(request).login ?? '').trim();
    if (login === '' || login.length > 320) return pages.forgot(true);
    await this.requests.ask(login, languageFor(request));
    return pages.asked();
  }

  async resetForm(request: FastifyRequest): Promise<Shown> {
    const { token = '' } = fieldsOf(request);
    const pages = this.pagesFor(request);
    const good = await this.resets.isGood(token);
    return good ? pages.reset(token, undefined, good.asksForFactor) : pages.used();
  }

  async reset(request: FastifyRequest): Promise<Shown> {
    const pages = this.pagesFor(request);
    if (!isOwnForm(request, this.config.publicUrl)) return pages.refused('elsewhere', 403);
    const { token = '', password = '', factor = '' } = fieldsOf(request);
    const good = await this.resets.isGood(token);
    if (!good) return pages.used();
    const given = newPassword.safeParse(password);
    if (given.success) {
      const change = { password: given.data, factor: factorOf(factor) };
      await this.resets.reset({ token }, change, originOf(request));
      return pages.done();
    }
    const isLong = given.error.issues.some(({ message }) => message === 'too_long');
    return pages.reset(token, isLong ? 'long' : 'weak', good.asksForFactor);
  }

  /** A refusal in words; null for one that no page explains. */
  explained(error: unknown, request: FastifyRequest): Shown | null {
    if (!(error instanceof Problem)) return null;
    const pages = this.pagesFor(request);
    const { token = '', factor } = fieldsOf(request);
    if (error.code === 'password_too_weak') return pages.reset(token, 'weak', factor !== undefined);
    const isFactor = error.code === 'code_wrong' || error.code === 'second_factor_required';
    if (isFactor) return pages.reset(token, 'factor', true);
    if (error.code === 'token_used') return pages.used();
    if (error.code === 'rate_limited') return pages.refused('tooMany', 429);
    return error.status === 503 ? pages.refused('busy', 503) : null;
  }
}
