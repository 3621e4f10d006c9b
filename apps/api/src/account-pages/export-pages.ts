import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, limits, Problem, type Config } from '@app/platform';
import { ExportMails } from '@app/domain';
import { errorLine, html, languageOf, page, textsOf, type Html } from '@app/pages';
import type { TransferRow } from '@app/storage';
import type { FastifyRequest } from 'fastify';
import { ExportView } from '../exports/export-view.js';
import { originOf } from '../http/origin.js';
import { AccountPages, field, type Shown } from './account-pages.js';
import { fieldsOf, isOwnForm } from './forms.js';

/** What the mail of an export opens: a form for the password, and then the address of the zip. */
@Injectable()
export class ExportPages {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'INSTANCE_NAME' | 'publicUrl'>,
    private readonly mails: ExportMails,
    private readonly view: ExportView,
  ) {}

  async form(request: FastifyRequest): Promise<Shown> {
    const { token = '' } = fieldsOf(request);
    const asks = await this.mails.asks(token);
    if (asks === 'password') return this.asked(request, token);
    if (asks === null) return this.gone(request);
    const { title, app } = textsOf(languageFor(request)).export;
    return this.show(request, title, html`<p>${app}</p>`);
  }

  async open(request: FastifyRequest): Promise<Shown> {
    const { token = '', password = '' } = fieldsOf(request);
    if (!isOwnForm(request, this.config.publicUrl))
      return new AccountPages(this.config.INSTANCE_NAME, languageFor(request)).refused('elsewhere', 403);
    try {
      const row = await this.mails.find(token, password.slice(0, limits.user.password), originOf(request));
      return row ? this.ready(request, row) : this.gone(request);
    } catch (error) {
      if (error instanceof Problem && error.status === 403) return this.asked(request, token, true);
      throw error;
    }
  }

  private asked(request: FastifyRequest, token: string, isWrong = false): Shown {
    const { title, explain, password, open, wrong } = textsOf(languageFor(request)).export;
    const body = html`<p>${explain}</p>
      ${isWrong ? errorLine(wrong) : html``}
      <form method="post" action="/account/export">
        <input type="hidden" name="token" value="${token}" />
        ${field('password', password, isWrong)}
        <button type="submit">${open}</button>
      </form>`;
    return this.show(request, title, body, isWrong ? 403 : 200);
  }

  private ready(request: FastifyRequest, row: TransferRow): Shown {
    const { readyTitle, ready, download } = textsOf(languageFor(request)).export;
    const megabytes = Math.max(1, Math.round(Number(row.bytes) / 1e6)).toLocaleString(languageFor(request));
    const body = html`<p role="status">${ready(megabytes)}</p>
      <p><a href="${this.view.url(row)}" download>${download}</a></p>`;
    return this.show(request, readyTitle, body);
  }

  private gone(request: FastifyRequest): Shown {
    const { goneTitle, gone } = textsOf(languageFor(request)).export;
    return this.show(request, goneTitle, errorLine(gone), 403);
  }

  private show(request: FastifyRequest, title: string, body: Html, status = 200): Shown {
    const language = languageFor(request);
    return { status, page: page({ language, title, instance: this.config.INSTANCE_NAME, body }) };
  }
}

const languageFor = ({ headers }: FastifyRequest): string => languageOf(headers['accept-language']);
