import { limits } from '@app/platform';
import { z } from 'zod';
import { listOf } from '../http/cursors.js';
import { id, text, time } from '../http/fields.js';
import { author, entity, wordLimits } from '../posts/posts.schemas.js';

export const comment = z
  .object({
    id,
    postId: id,
    replyTo: id.nullable(),
    author: author.nullable().meta({ description: 'Null once deleted.' }),
    text: z.string().nullable(),
    entities: z.array(entity),
    counts: z.object({ likes: z.int(), replies: z.int() }),
    liked: z.boolean(),
    deleted: z.boolean(),
    createdAt: time,
  })
  .meta({ id: 'Comment' });

export const commentList = listOf(comment, 'CommentList');

export const newComment = z.strictObject({
  text: text({ max: limits.comment.text, min: 1, multiline: true }).superRefine(wordLimits),
  replyTo: id.nullable().optional(),
});

export type Comment = z.infer<typeof comment>;
export type NewComment = z.output<typeof newComment>;
