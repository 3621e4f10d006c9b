import { de } from './de.js';
import { en } from './en.js';

export type Texts = typeof en;

/** The languages that pages and mails speak; the first is the one of everybody else. */
const languages: readonly Texts[] = [en, de];

/** The texts of a language (a BCP 47 tag), or English. */
export const textsOf = (tag: string): Texts =>
  languages.find(({ language }) => language === tag.split('-')[0]?.toLowerCase()) ?? en;

/** The language that a browser or an app prefers, by its Accept-Language: one of ours, or of those that a text has. */
export function languageOf(
  accepted = '',
  known: readonly [string, ...string[]] = [en.language, de.language],
): string {
  const wanted = accepted
    .slice(0, 500)
    .split(',')
    .map((entry) => {
      const [tag = '', ...options] = entry.trim().toLowerCase().split(';');
      const quality = /^\s*q=([\d.]+)/.exec(options[0] ?? '')?.[1];
      return { name: tag.split('-')[0] ?? '', quality: quality === undefined ? 1 : Number(quality) };
    })
    .filter(({ quality }) => quality > 0)
    .toSorted((one, other) => other.quality - one.quality);
  return wanted.find(({ name }) => known.includes(name))?.name ?? known[0];
}
