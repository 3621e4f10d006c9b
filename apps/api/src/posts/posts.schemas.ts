import { foldTag, limits, wordsOf } from '@app/platform';
import { z } from 'zod';
import { listOf, listQuery } from '../http/cursors.js';
import { id, refuse, text, time } from '../http/fields.js';
import { photo, rendition } from '../photos/photos.schemas.js';
import { avatar } from '../users/users.schemas.js';

export const author = z
  .object({ id, username: z.string(), displayName: z.string().nullable(), avatar })
  .meta({ id: 'Author', description: 'A user, as posts and comments carry them.' });

export const entity = z
  .object({
    type: z.enum(['hashtag', 'mention']),
    start: z.int(),
    end: z.int(),
    tag: z.string().optional(),
    userId: id.optional(),
  })
  .meta({ id: 'Entity', description: 'A hashtag or a mention; the range is in UTF-16 units, [start, end).' });

export const place = z
  .object({ name: z.string(), latitude: z.number().nullable(), longitude: z.number().nullable() })
  .nullable();

const givenPlace = z
  .strictObject({
    name: text({ max: limits.post.place, min: 1 }),
    latitude: z.number().min(-90).max(90).nullable().optional(),
    longitude: z.number().min(-180).max(180).nullable().optional(),
  })
  .superRefine(
    refuse(({ latitude, longitude }) => (latitude == null) === (longitude == null), 'incomplete', {
      expected: 'both of latitude and longitude, or neither',
    }),
  );

const postCounts = z.object({ likes: z.int(), comments: z.int() });

const takenAt = time
  .nullable()
  .meta({ description: 'When it was first shown elsewhere; null unless it was imported.' });

const filtered = z
  .array(z.object({ id, action: z.enum(['hide', 'blur']) }))
  .meta({ description: 'The caller’s filters that match it.' });

export const post = z
  .object({
    id,
    code: z.string().meta({ description: 'The short code of /p/<code>.' }),
    url: z.string(),
    state: z.enum(['publishing', 'published', 'failed']),
    author,
    caption: z.string().nullable(),
    captionEntities: z.array(entity),
    place,
    photos: z.array(photo),
    sensitive: z.boolean(),
    contentWarning: z.string().nullable(),
    commentsClosed: z.boolean(),
    archived: z.boolean(),
    failure: z
      .object({ code: z.string(), photoId: id })
      .nullable()
      .meta({ description: 'Why it failed, and by which of its photos; null unless failed.' }),
    filtered,
    removed: z
      .object({ rule: z.string().nullable(), reason: z.string(), decisionId: id })
      .nullable()
      .meta({ description: 'Why moderators removed it; its author alone sees such a post.' }),
    counts: postCounts,
    liked: z.boolean(),
    saved: z.boolean(),
    createdAt: time,
    takenAt,
    editedAt: time.nullable(),
  })
  .meta({ id: 'Post' });

export const postList = listOf(post, 'PostList');

const gridPhoto = photo
  .pick({ thumbhash: true, color: true, width: true, height: true })
  .extend({ square150: rendition.nullable(), w640: rendition.nullable() });

export const gridPost = post
  .pick({ id: true, code: true, state: true })
  .extend({
    photo: gridPhoto.nullable().meta({ description: 'The first one; null if a failed post has none left.' }),
    photoCount: z.int(),
    ...post.pick({ sensitive: true, filtered: true, counts: true, createdAt: true, takenAt: true }).shape,
  })
  .meta({ id: 'GridPost', description: 'A post as a cell of a grid, in a fifth of the bytes.' });

/** What lists of posts answer: posts, or with `view=grid` cells. */
export const postsOrCells = z.union([postList, listOf(gridPost, 'GridPostList')]);

export const postListQuery = listQuery.extend({
  view: z
    .enum(['grid'])
    .optional()
    .meta({ description: '`grid`: only what a grid of pictures shows. The same cursors lead on.' }),
});

export const postsById = z.object({ items: z.array(post) }).meta({ id: 'Posts' });

const lengthOf = (words: string): number => [...words].length;

/** Refuses too many hashtags or mentions, and a tag that is too long as typed or folded: some letters fold to several. */
export function wordLimits(given: string, context: z.core.$RefinementCtx<string>): void {
  const refuseMore = (code: string, limit: number, actual: number): void => {
    if (actual > limit)
      context.addIssue({ code: 'custom', params: { code, params: { limit, actual } }, message: code });
  };
  const words = wordsOf(given);
  const tags = words.filter(({ type }) => type === 'hashtag').map(({ name }) => name);
  const longest = Math.max(0, ...tags.map((tag) => Math.max(lengthOf(tag), lengthOf(foldTag(tag)))));
  refuseMore('too_many_tags', limits.words.tags, tags.length);
  refuseMore('tag_too_long', limits.words.tag, longest);
  refuseMore('too_many_mentions', limits.words.mentions, words.length - tags.length);
}

const caption = text({ max: limits.post.caption, multiline: true }).superRefine(wordLimits);
const contentWarning = text({ max: limits.post.contentWarning }).nullable();

const photoIds = z
  .array(id)
  .min(1)
  .max(limits.post.photos)
  .superRefine(refuse((ids: string[]) => new Set(ids).size === ids.length, 'duplicate'));

export const newPost = z.strictObject({
  photoIds,
  caption: caption.nullable().optional(),
  place: givenPlace.nullable().optional(),
  sensitive: z.boolean().optional(),
  contentWarning: contentWarning.optional(),
});

export const postChange = z.strictObject({
  photoIds: photoIds.optional().meta({
    description: 'Of its photos those that stay, in their new order. The others are deleted; none is added.',
  }),
  caption: caption.nullable().optional(),
  place: givenPlace.nullable().optional(),
  sensitive: z.boolean().optional(),
  contentWarning: contentWarning.optional(),
  commentsClosed: z.boolean().optional(),
});

export type Post = z.output<typeof post>;
export type GridPost = z.output<typeof gridPost>;
export type PostListInput = z.output<typeof postListQuery>;
export type NewPost = z.output<typeof newPost>;
export type PostChange = z.output<typeof postChange>;
