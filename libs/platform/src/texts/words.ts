import { fold } from './fold.js';

/** A hashtag or a mention as it appears in a text; the range is in UTF-16 units, [start, end). */
export interface Word {
  type: 'hashtag' | 'mention';
  start: number;
  end: number;
  /** A tag as typed, without its sign; a username folded. */
  name: string;
}

/** Letters, marks, numbers and underscore; not the selectors that make a digit into a keycap. */
const WORD = '(?![\\uFE00-\\uFE0F])[\\p{L}\\p{Mn}\\p{Mc}\\p{N}_]';
/** Persian and the Indic scripts join letters within a word by zero-width characters. */
const JOINED = `[\\u200C\\u200D](?=${WORD})`;

/**
 * Addresses are matched first and skipped, so that no fragment is a tag. They end where ASCII does: Japanese text follows them
 * without a space.
 */
const ADDRESS = '(?:https?://|www\\.)[!-~]+';
const TAG = `[#＃](?<tag>(?!\\p{M})${WORD}(?:${WORD}|${JOINED})*)`;
const MENTION = '[@＠](?<username>[A-Za-z0-9_]+(?:\\.[A-Za-z0-9_]+)*)';
const pieces = new RegExp(`${ADDRESS}|${TAG}|${MENTION}`, 'gu');

const wordCharacter = /[\p{L}\p{M}\p{N}_]/u;
/** Scripts without spaces between words: one of their letters beside a sign does not mean "inside a word". */
const unspaced =
  /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]/u;
/** Not only numbers or underscores: `#1` is a rank, `#_` a face. */
const holdsMore = /\p{L}|\p{N}_|_\p{N}/u;
const LONGEST_USERNAME = 30;

const isInWord = (character: string): boolean => wordCharacter.test(character) && !unspaced.test(character);

function before(text: string, index: number): string {
  return Array.from(text.slice(Math.max(0, index - 2), index)).at(-1) ?? '';
}

function after(text: string, index: number): string {
  return Array.from(text.slice(index, index + 2))[0] ?? '';
}

/** `a#b` and `C#` are words, `##x` and `&#39;` are signs, `x.org/#y` is an address; `#a#b` is two tags. */
function isTag(text: string, start: number, name: string, endOfLast: number): boolean {
  const previous = before(text, start);
  if (!holdsMore.test(name)) return false;
  return start === endOfLast || !(isInWord(previous) || /^[#＃&/]$/u.test(previous));
}

/** `a@b.org` is an email address, `@a@b.org` an account elsewhere; neither names a person here. */
function isMention(text: string, start: number, end: number, username: string): boolean {
  const previous = before(text, start);
  const next = after(text, end);
  if (username.length > LONGEST_USERNAME) return false;
  return !(isInWord(previous) || /^[@＠.&/-]$/u.test(previous) || isInWord(next) || /^[@＠]$/u.test(next));
}

/** Every hashtag and mention of a text, in any script, in order. */
export function wordsOf(text: string): Word[] {
  const words: Word[] = [];
  let endOfTag = -1;
  for (const { 0: piece, index: start, groups = {} } of text.matchAll(pieces)) {
    const { tag, username } = groups;
    const end = start + piece.length;
    if (tag !== undefined && isTag(text, start, tag, endOfTag)) {
      words.push({ type: 'hashtag', start, end, name: tag });
      endOfTag = end;
    } else if (username !== undefined && isMention(text, start, end, username)) {
      words.push({ type: 'mention', start, end, name: fold(username) });
    }
  }
  return words;
}

/**
 * The identity of a hashtag: equal folds are the same tag. Some letters fold to phrases; a tag holds no spaces. Empty if it is
 * not a tag.
 */
export function foldTag(name: string): string {
  return fold(name).replace(/[^\p{L}\p{M}\p{N}_]+/gu, '');
}
