import { limits } from '@app/platform';
import { z } from 'zod';
import { listQuery } from '../http/cursors.js';
import { text } from '../http/fields.js';
import { user } from '../users/users.schemas.js';

/** One character is a word in Chinese, Japanese and Korean; elsewhere it matches nearly everybody. */
const oneIsEnough = /^[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}]/u;

function longEnough(value: string, context: z.core.$RefinementCtx<string>): void {
  const actual = [...value].length;
  const limit = oneIsEnough.test(value) ? 1 : limits.search.min;
  if (actual < limit) {
    const fault = { code: 'too_short', params: { limit, actual } };
    context.addIssue({ code: 'custom', params: fault, message: fault.code });
  }
}

export const searchQuery = listQuery.extend({
  q: text({ max: limits.search.max }).superRefine(longEnough).meta({
    description: 'The beginning of a name, or nearly a name; a sign before it (#, @) is left out.',
  }),
  type: z.enum(['users', 'tags', 'places']).default('users'),
});

export const tagFound = z
  .object({ tag: z.string(), postsCount: z.int() })
  .meta({ id: 'TagFound', description: 'A tag, folded, and how many public posts have it.' });

export const placeFound = z
  .object({
    name: z.string(),
    latitude: z.number().nullable(),
    longitude: z.number().nullable(),
    postsCount: z.int(),
  })
  .meta({ id: 'PlaceFound', description: 'A place, and how many public posts are of it.' });

export const searchList = z
  .object({
    items: z.union([z.array(user), z.array(tagFound), z.array(placeFound)]),
    nextCursor: z.string().nullable(),
    prevCursor: z.string().nullable(),
    complete: z.boolean().nullable().meta({
      description:
        'False when looking for names that resemble the text was cut off by its limit of time; null on later pages.',
    }),
  })
  .meta({ id: 'SearchList', description: 'People, tags or places, as `type` asked for.' });

export type SearchInput = z.output<typeof searchQuery>;
