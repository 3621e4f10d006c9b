import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, InstanceTexts, type Config, type InstanceText, type TextName } from '@app/platform';
import { html, languageOf, page, renderMarkdown, textsOf, type Html, type RenderedText } from '@app/pages';
import type { FastifyRequest } from 'fastify';

/** A page's status and text. */
export interface ShownPage {
  status: number;
  page: string;
}

interface Translated extends RenderedText {
  language: string;
}

/** The operator's texts as pages, each in its reader's language where it is there. */
@Injectable()
export class InstancePages {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'INSTANCE_NAME' | 'CONTACT'>,
    private readonly texts: InstanceTexts,
  ) {}

  /** One text. */
  async text(name: TextName, request: FastifyRequest): Promise<ShownPage> {
    const found = await this.translated((await this.texts.current())[name], request);
    if (!found) return this.nothing(request);
    const { about } = textsOf(found.language);
    return this.show(found.language, found.title ?? about[name], found.body);
  }

  /** About the instance: that text, the rules, and how to reach the operator. */
  async about(request: FastifyRequest): Promise<ShownPage> {
    const texts = await this.texts.current();
    const [own, rules] = [
      await this.translated(texts.about, request),
      await this.translated(texts.rules, request),
    ];
    const language = (own ?? rules)?.language;
    if (language === undefined) return this.nothing(request);
    const { about } = textsOf(language);
    const body = html`${own?.body ?? html``} ${rules ? section(rules, about.rules) : html``}
    ${contactLine(this.config.CONTACT, about.contact)}`;
    return this.show(language, own?.title ?? about.about, body);
  }

  private async translated(
    text: InstanceText | undefined,
    { headers }: FastifyRequest,
  ): Promise<Translated | null> {
    if (!text) return null;
    const language = languageOf(headers['accept-language'], [text.language, ...text.markdown.keys()]);
    return { language, ...(await renderMarkdown(text.markdown.get(language) ?? '')) };
  }

  private nothing({ headers }: FastifyRequest): ShownPage {
    const { language, noText } = textsOf(languageOf(headers['accept-language']));
    return this.show(language, noText.title, html`<p>${noText.text}</p>`, 404);
  }

  private show(language: string, title: string, body: Html, status = 200): ShownPage {
    return { status, page: page({ language, title, instance: this.config.INSTANCE_NAME, body }) };
  }
}

const section = ({ title, body }: RenderedText, words: string): Html =>
  html`<h2>${title ?? words}</h2>
    ${body}`;

function contactLine(contact: string | undefined, words: string): Html {
  if (contact === undefined) return html``;
  const link = contact.includes('://') ? contact : `mailto:${contact}`;
  return html`<p>${words}: <a href="${link}" rel="nofollow noopener noreferrer">${contact}</a></p>`;
}
