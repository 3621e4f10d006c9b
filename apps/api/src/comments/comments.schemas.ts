import { limits } from '@app/platform';
import { z } from 'zod';
import { listOf, listQuery } from '../http/cursors.js';
import { count, flag, id, shown, text, time } from '../http/fields.js';
import { author, entities, wordLimits } from '../posts/posts.schemas.js';

export const comment = z
  .object({
    id,
    postId: id.meta({ description: 'The post below which it stands.' }),
    replyTo: id.nullable().meta({
      description: 'The comment that it answers, which may be a reply itself; null for none.',
    }),
    author: author.nullable().meta({ description: 'Who wrote it; null once deleted.' }),
    text: shown(limits.comment.text, 'What it says; null once deleted.').nullable(),
    entities: entities('Hashtags and mentions in the text.'),
    counts: z
      .object({
        likes: count('Likes of it.'),
        replies: count('Replies to it; of a comment that answers none, all in its thread.'),
      })
      .meta({ id: 'CommentCounts', description: 'How much there is of it.' }),
    liked: flag('Whether the caller likes it.'),
    deleted: flag('Whether it was deleted and stays for its replies.'),
    createdAt: time.meta({ description: 'When it was written.' }),
  })
  .meta({ id: 'Comment', description: 'A comment on a post, or a reply to one.' });

export const commentList = listOf(comment, 'CommentList');

/** How many replies come with a root. */
export const FIRST_REPLIES = 2;

export const commentThread = comment
  .extend({
    replies: z
      .object({
        count: count('Replies in its thread.'),
        first: z
          .array(comment)
          .max(FIRST_REPLIES)
          .meta({ description: 'The oldest two, without those by people whom the caller may not see.' }),
      })
      .meta({ id: 'ThreadReplies', description: 'How its thread begins.' }),
  })
  .meta({ id: 'CommentThread', description: 'A comment that answers none, with its first replies.' });

/** The answer of a post's comments: all of them, or with `sort` threads. */
export const commentsOrThreads = z.union([commentList, listOf(commentThread, 'CommentThreadList')]).meta({
  id: 'CommentListOrThreads',
  description: 'Comments, or threads where `sort` asked for them.',
});

export const commentListQuery = listQuery.extend({
  sort: z.enum(['oldest', 'newest', 'top']).optional().meta({
    description:
      'Threads in this order (`top`: most liked first), each with its first replies; without it all comments, oldest first. Cursors belong to their order.',
  }),
});

export const newComment = z
  .strictObject({
    text: text({ max: limits.comment.text, min: 1, multiline: true })
      .superRefine(wordLimits)
      .meta({ description: 'What it says.' }),
    replyTo: id
      .nullable()
      .optional()
      .meta({ description: 'The comment that it answers, which may be a reply itself.' }),
  })
  .meta({ id: 'NewComment', description: 'A comment to be made.' });

export type Comment = z.infer<typeof comment>;
export type CommentThread = z.infer<typeof commentThread>;
export type CommentListInput = z.output<typeof commentListQuery>;
export type NewComment = z.output<typeof newComment>;
