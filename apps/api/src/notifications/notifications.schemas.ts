import { z } from 'zod';
import { comment } from '../comments/comments.schemas.js';
import { listOf } from '../http/cursors.js';
import { id, time } from '../http/fields.js';
import { author, post } from '../posts/posts.schemas.js';

export const notification = z
  .object({
    id: id.meta({ description: 'Its position: a group that grows gets a new one.' }),
    group: z.string().meta({ description: 'Stays while the group grows: merge by it.', example: 'like:1' }),
    type: z.enum(['follow', 'request', 'accept', 'like', 'comment', 'reply', 'mention', 'comment_like']),
    actors: z.array(author).meta({ description: 'The newest three.' }),
    count: z.int().meta({
      description:
        'How many people; 1000 of followers, requests and comments means 1,000 or more. 0, on the stream only: taken back.',
    }),
    post: post.nullable(),
    comment: comment
      .nullable()
      .meta({ description: 'The newest comment or reply, or the one that was liked.' }),
    read: z.boolean(),
    createdAt: time.meta({ description: 'When the group last grew.' }),
  })
  .meta({ id: 'Notification' });

export const notificationList = listOf(notification, 'NotificationList');

export const unread = z.object({ count: z.int() }).meta({ id: 'Unread' });

export const readUpTo = z.strictObject({
  upTo: id.meta({ description: 'The newest notification that was seen; it and all below become read.' }),
});
