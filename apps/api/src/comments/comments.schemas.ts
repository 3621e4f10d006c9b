import { limits } from '@app/platform';
import { z } from 'zod';
import { listOf } from '../http/cursors.js';
import { count, flag, id, shown, text, time } from '../http/fields.js';
import { author, entities, wordLimits } from '../posts/posts.schemas.js';

export const comment = z
  .object({
    id,
    postId: id.meta({ description: 'The post below which it stands.' }),
    replyTo: id.nullable().meta({ description: 'The comment that it answers; null for none.' }),
    author: author.nullable().meta({ description: 'Who wrote it; null once deleted.' }),
    text: shown(limits.comment.text, 'What it says; null once deleted.').nullable(),
    entities: entities('Hashtags and mentions in the text.'),
    counts: z
      .object({ likes: count('Likes of it.'), replies: count('Replies to it.') })
      .meta({ id: 'CommentCounts', description: 'How much there is of it.' }),
    liked: flag('Whether the caller likes it.'),
    deleted: flag('Whether it was deleted and stays for its replies.'),
    createdAt: time.meta({ description: 'When it was written.' }),
  })
  .meta({ id: 'Comment', description: 'A comment on a post, or a reply to one.' });

export const commentList = listOf(comment, 'CommentList');

export const newComment = z
  .strictObject({
    text: text({ max: limits.comment.text, min: 1, multiline: true })
      .superRefine(wordLimits)
      .meta({ description: 'What it says.' }),
    replyTo: id.nullable().optional().meta({ description: 'The comment that it answers.' }),
  })
  .meta({ id: 'NewComment', description: 'A comment to be made.' });

export type Comment = z.infer<typeof comment>;
export type NewComment = z.output<typeof newComment>;
