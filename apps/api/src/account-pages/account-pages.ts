import { limits } from '@app/platform';
import { errorLine, html, page, textsOf, type Html, type Texts } from '@app/pages';

/** A page's status and text. */
export interface Shown {
  status: number;
  page: string;
}

type Fault = 'weak' | 'long' | 'factor';
/** What the button of a page does that a mail's link opens. */
export type AskedByMail = 'verify' | 'reversal' | 'factors';
export type LeavingFault = 'wrong' | 'factorMissing' | 'factorWrong';

const fields = {
  login: { type: 'text', autocomplete: 'username', maxlength: 320 },
  password: { type: 'password', autocomplete: 'current-password', maxlength: 1_024 },
} as const;

/** What somebody signs in with. */
export function field(name: keyof typeof fields, label: string, isWrong: boolean): Html {
  const { type, autocomplete, maxlength } = fields[name];
  return html`<label for="${name}">${label}</label>
    <input
      id="${name}"
      name="${name}"
      type="${type}"
      autocomplete="${autocomplete}"
      autocapitalize="none"
      spellcheck="false"
      maxlength="${maxlength}"
      required${isWrong ? html` aria-invalid="true" aria-describedby="error"` : html``}
    />`;
}

/** The pages of accounts, in words: they work without script and name no account. */
export class AccountPages {
  private readonly texts: Texts;

  constructor(
    private readonly instance: string,
    language: string,
  ) {
    this.texts = textsOf(language);
  }

  private show(title: string, body: Html, status = 200): Shown {
    const { language } = this.texts;
    return { status, page: page({ language, title, instance: this.instance, body }) };
  }

  forgot(isEmpty = false): Shown {
    const { title, explain, login, send, empty } = this.texts.forgot;
    const body = html`<p>${explain}</p>
      ${isEmpty ? errorLine(empty) : html``}
      <form method="post" action="/account/forgot">
        ${field('login', login, isEmpty)}
        <button type="submit">${send}</button>
      </form>`;
    return this.show(title, body, isEmpty ? 422 : 200);
  }

  asked(): Shown {
    const { sentTitle, sent, none, again } = this.texts.forgot;
    return this.show(
      sentTitle,
      html`<p>${sent}</p>
        <p>${none}</p>
        <p><a href="/account/forgot">${again}</a></p>`,
    );
  }

  /** The form for a new password; `fault` says what was wrong with the one before, or with the second factor. */
  reset(token: string, fault?: Fault, asksForFactor = false): Shown {
    const { title, explain, password, length, save, weak, long, wrongFactor } = this.texts.reset;
    const problem = { weak, long: long(limits.user.password), factor: wrongFactor }[fault ?? 'weak'];
    const body = html`<p>${explain}</p>
      ${fault ? errorLine(problem) : html``}
      <form method="post" action="/account/reset">
        <input type="hidden" name="token" value="${token}" />
        <label for="password">${password}</label>
        <input
          id="password"
          name="password"
          type="password"
          autocomplete="new-password"
          minlength="${limits.user.passwordMin}"
          maxlength="${limits.user.password}"
          required
          aria-describedby="${fault && fault !== 'factor' ? 'error length' : 'length'}"
          ${fault && fault !== 'factor' ? html` aria-invalid="true"` : html``}
        />
        <p class="hint" id="length">${length(limits.user.passwordMin)}</p>
        ${asksForFactor ? this.factorField(fault === 'factor') : html``}
        <button type="submit">${save}</button>
      </form>`;
    return this.show(title, body, fault ? 422 : 200);
  }

  private factorField(isWrong: boolean): Html {
    const { factor, factorHint } = this.texts.reset;
    return html`<label for="factor">${factor}</label>
      <input
        id="factor"
        name="factor"
        type="text"
        autocomplete="one-time-code"
        autocapitalize="none"
        spellcheck="false"
        maxlength="50"
        required
        aria-describedby="${isWrong ? 'error factor-hint' : 'factor-hint'}"
        ${isWrong ? html` aria-invalid="true"` : html``}
      />
      <p class="hint" id="factor-hint">${factorHint}</p>`;
  }

  done(): Shown {
    const { doneTitle, done } = this.texts.reset;
    return this.show(doneTitle, html`<p role="status">${done}</p>`);
  }

  used(): Shown {
    const { usedTitle, used } = this.texts.reset;
    const { again } = this.texts.forgot;
    return this.show(
      usedTitle,
      html`${errorLine(used)}
        <p><a href="/account/forgot">${again}</a></p>`,
      403,
    );
  }

  /** The form that closes an account; `fault` says what was wrong with the one before. */
  leave(days: number, fault?: LeavingFault): Shown {
    const { title, explain, login, password, leave, forgot, wrong, factorMissing } = this.texts.leave;
    const isWrong = fault === 'wrong';
    const faults = { wrong, factorMissing, factorWrong: this.texts.reset.wrongFactor };
    const body = html`<p>${explain(days)}</p>
      ${fault ? errorLine(faults[fault]) : html``}
      <form method="post" action="/account/delete">
        ${field('login', login, isWrong)} ${field('password', password, isWrong)}
        ${fault && !isWrong ? this.factorField(fault === 'factorWrong') : html``}
        <button type="submit">${leave}</button>
      </form>
      <p><a href="/account/forgot">${forgot}</a></p>`;
    return this.show(title, body, fault ? 403 : 200);
  }

  left(deletesAt: Date): Shown {
    const { language, leave } = this.texts;
    const day = deletesAt.toLocaleDateString(language, { dateStyle: 'long', timeZone: 'UTC' });
    return this.show(leave.doneTitle, html`<p role="status">${leave.done(day)}</p>`);
  }

  /** A page whose button does what its mail was sent for: nothing happens when a mail scanner opens the link. */
  asks(what: AskedByMail, token: string): Shown {
    const { title, explain, confirm } = this.texts[what];
    return this.show(
      title,
      html`<p>${explain}</p>
        <form method="post" action="/account/${what}">
          <input type="hidden" name="token" value="${token}" />
          <button type="submit">${confirm}</button>
        </form>`,
    );
  }

  did(what: AskedByMail): Shown {
    const { doneTitle, done } = this.texts[what];
    const more = html`<p><a href="/account/forgot">${this.texts.reset.title}</a></p>`;
    return this.show(
      doneTitle,
      html`<p role="status">${done}</p>
        ${what === 'factors' ? more : html``}`,
    );
  }

  /** Of a link that works no more. */
  over(what: AskedByMail): Shown {
    const { usedTitle, used } = this.texts.reset;
    const more = what === 'verify' ? html`<p>${this.texts.verify.again}</p>` : html``;
    return this.show(usedTitle, html`${errorLine(used)} ${more}`, 403);
  }

  refused(why: Exclude<keyof Texts['refused'], 'title'>, status: number): Shown {
    const { title } = this.texts.refused;
    return this.show(title, errorLine(this.texts.refused[why]), status);
  }
}
