import { limits } from '@app/platform';
import { z } from 'zod';
import { listQuery, pageEnds } from '../http/cursors.js';
import { count, shown, text } from '../http/fields.js';
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
  type: z.enum(['users', 'tags', 'places']).default('users').meta({ description: 'What is looked for.' }),
});

export const tagFound = z
  .object({
    tag: shown(limits.words.tag, 'Without its sign.'),
    postsCount: count('Public posts that have it.'),
  })
  .meta({ id: 'TagFound', description: 'A tag, folded, and how many public posts have it.' });

export const placeFound = z
  .object({
    name: shown(limits.post.place, 'As it was last written.'),
    latitude: z.number().nullable().meta({ description: 'In degrees; null when nobody said.' }),
    longitude: z.number().nullable().meta({ description: 'In degrees; null when nobody said.' }),
    postsCount: count('Public posts that are of it.'),
  })
  .meta({ id: 'PlaceFound', description: 'A place, and how many public posts are of it.' });

const found = <Type extends string, Item extends z.ZodType>(type: Type, item: Item, name: string) =>
  z
    .object({
      type: z.literal(type).meta({ description: 'What was looked for.' }),
      items: z.array(item).max(limits.list.most).meta({ description: 'What was found, the best first.' }),
      ...pageEnds,
      complete: z.boolean().nullable().meta({
        description:
          'False when looking for names that resemble the text was cut off by its limit of time; null on later pages.',
      }),
    })
    .meta({ id: name, description: `A page of ${type} that were found.` });

export const searchList = z
  .discriminatedUnion('type', [
    found('users', user, 'UsersFound'),
    found('tags', tagFound, 'TagsFound'),
    found('places', placeFound, 'PlacesFound'),
  ])
  .meta({ id: 'SearchList', description: 'People, tags or places, as `type` asked for.' });

export type SearchInput = z.output<typeof searchQuery>;
