import { foldTag, limits, wordsOf } from '@app/platform';
import { rejections } from '@app/platform/photos';
import { z } from 'zod';
import { listOf, listQuery } from '../http/cursors.js';
import { address, count, flag, id, knownCode, refuse, shown, text, time } from '../http/fields.js';
import { photo, rendition } from '../photos/photos.schemas.js';
import { avatar, nameFields } from '../users/users.schemas.js';

export const author = z
  .object({ id, ...nameFields, avatar })
  .meta({ id: 'Author', description: 'A user, as posts and comments carry them.' });

export const entity = z
  .object({
    type: z.enum(['hashtag', 'mention']).meta({ description: 'What it is.' }),
    start: count('Where it begins.'),
    end: count('Where it ends: the unit after its last.'),
    tag: shown(limits.words.tag, 'Of a hashtag: the tag, folded.').optional(),
    userId: id.optional().meta({ description: 'Of a mention: who is mentioned.' }),
  })
  .meta({ id: 'Entity', description: 'A hashtag or a mention; the range is in UTF-16 units, [start, end).' });

export const entities = (description: string) =>
  z
    .array(entity)
    .max(limits.words.tags + limits.words.mentions)
    .meta({ description });

const degrees = {
  latitude: 'In degrees, north of the equator; null when it is not known.',
  longitude: 'In degrees, east of Greenwich; null when it is not known.',
};

export const place = z
  .object({
    name: shown(limits.post.place, 'Its name, as its author wrote it.'),
    latitude: z.number().nullable().meta({ description: degrees.latitude }),
    longitude: z.number().nullable().meta({ description: degrees.longitude }),
  })
  .nullable()
  .meta({ id: 'Place', description: 'Where it was taken; null when its author did not say.' });

const givenPlace = z
  .strictObject({
    name: text({ max: limits.post.place, min: 1 }).meta({ description: 'Its name.' }),
    latitude: z.number().min(-90).max(90).nullable().optional().meta({ description: degrees.latitude }),
    longitude: z.number().min(-180).max(180).nullable().optional().meta({ description: degrees.longitude }),
  })
  .superRefine(
    refuse(({ latitude, longitude }) => (latitude == null) === (longitude == null), 'incomplete', {
      expected: 'both of latitude and longitude, or neither',
    }),
  )
  .nullable()
  .meta({ id: 'NewPlace', description: 'Where it was taken; null for nowhere.' });

const failure = z
  .object({
    code: knownCode(Object.keys(rejections), 'Why.'),
    photoId: id.meta({ description: 'The photo that was rejected.' }),
  })
  .nullable()
  .meta({ id: 'PostFailure', description: 'Why it failed, and by which of its photos; null unless failed.' });

export const postState = z.enum(['publishing', 'published', 'failed']);

const takenAt = time
  .nullable()
  .meta({ description: 'When it was first shown elsewhere; null unless it was imported.' });

const filtered = z
  .array(
    z
      .object({ id, action: z.enum(['hide', 'blur']).meta({ description: 'What the filter asks for.' }) })
      .meta({ id: 'FilterMatch', description: 'A filter that matches.' }),
  )
  .max(1_000)
  .meta({ description: 'The caller’s filters that match it.' });

const removed = z
  .object({
    rule: shown(200, 'The rule that it breaks; null when none was named.').nullable(),
    reason: shown(5_000, 'Why, as the moderator wrote it.'),
    decisionId: id.meta({ description: 'The decision, which its author may appeal.' }),
  })
  .nullable()
  .meta({ id: 'PostRemoval', description: 'Why moderators removed it; its author alone sees such a post.' });

export const post = z
  .object({
    id,
    code: shown(11, 'The short code of /p/<code>.'),
    url: address('Its page for people: /p/<code>.'),
    state: postState.meta({ description: 'Others see it once it is published.' }),
    author,
    caption: shown(limits.post.caption, 'What its author wrote; null when nothing.').nullable(),
    captionEntities: entities('Hashtags and mentions in the caption.'),
    place,
    photos: z.array(photo).max(limits.post.photos).meta({ description: 'Its photos, in their order.' }),
    sensitive: flag('Whether its photos are to be covered until one asks for them.'),
    contentWarning: shown(
      limits.post.contentWarning,
      'What to say on the cover; null for nothing.',
    ).nullable(),
    commentsClosed: flag('Whether nobody may comment.'),
    archived: flag('Whether its author alone sees it.'),
    failure,
    filtered,
    removed,
    counts: z
      .object({ likes: count('Likes of it.'), comments: count('Comments on it.') })
      .meta({ id: 'PostCounts', description: 'How much there is of it, without people whom a block hides.' }),
    liked: flag('Whether the caller likes it.'),
    saved: flag('Whether the caller saved it.'),
    createdAt: time.meta({ description: 'When it was made.' }),
    takenAt,
    editedAt: time.nullable().meta({ description: 'When it was last changed; null when never.' }),
  })
  .meta({ id: 'Post', description: 'One to ten photos with a caption.' });

export const postList = listOf(post, 'PostList');

const gridPhoto = photo
  .pick({ thumbhash: true, color: true, width: true, height: true })
  .extend({ square150: rendition.nullable(), w640: rendition.nullable() })
  .nullable()
  .meta({ id: 'GridPhoto', description: 'The first photo; null if a failed post has none left.' });

export const gridPost = post
  .pick({ id: true, code: true, state: true })
  .extend({
    photo: gridPhoto,
    photoCount: count('How many photos it has.'),
    ...post.pick({ sensitive: true, filtered: true, counts: true, createdAt: true, takenAt: true }).shape,
  })
  .meta({ id: 'GridPost', description: 'A post as a cell of a grid, in a fifth of the bytes.' });

/** The answer of lists of posts: posts, or with `view=grid` cells. */
export const postsOrCells = z
  .union([postList, listOf(gridPost, 'GridPostList')])
  .meta({ id: 'PostListOrGrid', description: 'Posts, or cells where `view=grid` asked for them.' });

export const postListQuery = listQuery.extend({
  view: z
    .enum(['grid'])
    .optional()
    .meta({ description: '`grid`: only what a grid of pictures shows. The same cursors lead on.' }),
});

export const postsById = z
  .object({
    items: z.array(post).max(limits.list.ids).meta({ description: 'Those that are there and may be seen.' }),
  })
  .meta({ id: 'Posts', description: 'The posts that were asked for.' });

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

const written = {
  caption: text({ max: limits.post.caption, multiline: true })
    .superRefine(wordLimits)
    .nullable()
    .optional()
    .meta({ description: 'What its author writes about it, with hashtags and mentions.' }),
  place: givenPlace.optional(),
  sensitive: flag('Whether its photos are to be covered until one asks for them.').optional(),
  contentWarning: text({ max: limits.post.contentWarning })
    .nullable()
    .optional()
    .meta({ description: 'What to say on the cover.' }),
};

const photoIds = z
  .array(id)
  .min(1)
  .max(limits.post.photos)
  .superRefine(refuse((ids: string[]) => new Set(ids).size === ids.length, 'duplicate'));

export const newPost = z
  .strictObject({
    photoIds: photoIds.meta({
      description: 'One’s own photos that are in no post, in the order in which they are shown.',
    }),
    ...written,
  })
  .meta({ id: 'NewPost', description: 'A post to be made.' });

export const postChange = z
  .strictObject({
    photoIds: photoIds.optional().meta({
      description:
        'Of its photos those that stay, in their new order. The others are deleted; none is added.',
    }),
    ...written,
    commentsClosed: flag('Whether nobody may comment.').optional(),
  })
  .meta({ id: 'PostChange', description: 'What is to be changed of a post.' });

export type Post = z.output<typeof post>;
export type GridPost = z.output<typeof gridPost>;
export type PostListInput = z.output<typeof postListQuery>;
export type NewPost = z.output<typeof newPost>;
export type PostChange = z.output<typeof postChange>;
