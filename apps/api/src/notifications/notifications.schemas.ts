import { z } from 'zod';
import { comment } from '../comments/comments.schemas.js';
import { listOf, listQuery } from '../http/cursors.js';
import { id, time } from '../http/fields.js';
import { rendition } from '../photos/photos.schemas.js';
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

export const compactNotification = notification
  .extend({
    actors: z
      .array(
        author.extend({
          avatar: z
            .object({ w150: z.string() })
            .nullable()
            .meta({ description: 'The address of a square picture; null without one.' }),
        }),
      )
      .meta({ description: 'The newest three.' }),
    post: z
      .object({
        ...post.pick({ id: true, code: true }).shape,
        thumbnail: rendition
          .pick({ url: true, width: true, height: true })
          .nullable()
          .meta({ description: 'Its first photo’s `square150`.' }),
      })
      .nullable(),
    comment: comment.pick({ id: true, replyTo: true, text: true, entities: true }).nullable().meta({
      description: 'The newest comment or reply, by the first of `actors`, or the one that was liked.',
    }),
  })
  .meta({
    id: 'CompactNotification',
    description: 'A notification as a line of a list, mostly in 700 bytes.',
  });

/** What the list answers: notifications, or with `view=compact` lines. */
export const notificationsOrLines = z.union([
  listOf(notification, 'NotificationList'),
  listOf(compactNotification, 'CompactNotificationList'),
]);

export const notificationListQuery = listQuery.extend({
  view: z
    .enum(['compact'])
    .optional()
    .meta({ description: '`compact`: only what a line of the list shows. The same cursors lead on.' }),
});

export type Notification = z.output<typeof notification>;
export type CompactNotification = z.output<typeof compactNotification>;
export type NotificationListInput = z.output<typeof notificationListQuery>;

export const unread = z.object({ count: z.int() }).meta({ id: 'Unread' });

export const readUpTo = z.strictObject({
  upTo: id.meta({ description: 'The newest notification that was seen; it and all below become read.' }),
});
