import { foldTag, limits, wordsOf } from '@app/platform';
import type { z } from 'zod';

const lengthOf = (text: string): number => [...text].length;

/** Refuses too many hashtags or mentions, and a tag that is too long as typed or folded: some letters fold to several. */
export function wordLimits(text: string, context: z.core.$RefinementCtx<string>): void {
  const refuse = (code: string, limit: number, actual: number): void => {
    if (actual > limit)
      context.addIssue({ code: 'custom', params: { code, params: { limit, actual } }, message: code });
  };
  const words = wordsOf(text);
  const tags = words.filter(({ type }) => type === 'hashtag').map(({ name }) => name);
  const longest = Math.max(0, ...tags.map((tag) => Math.max(lengthOf(tag), lengthOf(foldTag(tag)))));
  refuse('too_many_tags', limits.words.tags, tags.length);
  refuse('tag_too_long', limits.words.tag, longest);
  refuse('too_many_mentions', limits.words.mentions, words.length - tags.length);
}
