import type { MarkdownIt, Token } from 'markdown-it';
import { Html } from './html.js';

/** A Markdown text as a page shows it. */
export interface RenderedText {
  /** Its first heading, which is the page's own; null where it begins with something else. */
  title: string | null;
  body: Html;
}

/** Whoever wrote the text is trusted with words, not with code: raw HTML is shown as text, and pictures are links. */
async function open(): Promise<MarkdownIt> {
  // Only an api that shows a text loads it.
  const { default: Markdown } = await import('markdown-it');
  const markdown = new Markdown({ html: false, linkify: true });
  markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: false });
  markdown.disable('image');
  markdown.validateLink = (url) => /^(https?:\/\/|mailto:|tel:|\/(?!\/)|#)/i.test(url.trim());
  markdown.renderer.rules.link_open = (tokens, index, options, _, self) => {
    tokens[index]?.attrSet('rel', 'nofollow noopener noreferrer');
    return self.renderToken(tokens, index, options);
  };
  return markdown;
}

let opened: Promise<MarkdownIt> | undefined;
const renderer = (): Promise<MarkdownIt> => (opened ??= open());

const wordsOf = (token: Token | undefined): string =>
  (token?.children ?? [])
    .map(({ type, content }) => (type === 'softbreak' || type === 'hardbreak' ? ' ' : content))
    .join('');

export async function renderMarkdown(text: string): Promise<RenderedText> {
  const markdown = await renderer();
  const tokens = markdown.parse(text, {});
  const isTitled = tokens[0]?.type === 'heading_open' && tokens[0].tag === 'h1';
  const shown = isTitled ? tokens.slice(3) : tokens;
  const body = new Html(markdown.renderer.render(shown, markdown.options, {}));
  return { title: isTitled ? wordsOf(tokens[1]) : null, body };
}

/** The entries of a text's lists, without those inside others, as plain words. */
export async function listEntries(text: string): Promise<string[]> {
  const tokens = (await renderer()).parse(text, {});
  return tokens.flatMap(({ type, level }, index) => {
    if (type !== 'list_item_open' || level !== 1) return [];
    return wordsOf(tokens.slice(index).find((token) => token.type === 'inline')) || [];
  });
}
