import { limits } from '@app/platform';
import { z } from 'zod';
import { comment } from '../comments/comments.schemas.js';
import { listOf, listQuery } from '../http/cursors.js';
import { address, count, flag, id, shown, time } from '../http/fields.js';
import { rendition } from '../photos/photos.schemas.js';
import { author, post } from '../posts/posts.schemas.js';

export const notification = z
  .object({
    id: id.meta({ description: 'Its position: a group that grows gets a new one.' }),
    group: shown(50, 'Stays while the group grows: merge by it.').meta({ example: 'like:1' }),
    type: z
      .enum(['follow', 'request', 'accept', 'like', 'comment', 'reply', 'mention', 'comment_like'])
      .meta({ description: 'What happened.' }),
    actors: z
      .array(author)
      .max(limits.notification.actors)
      .meta({ description: 'Who did it: the newest three.' }),
    count: count(
      'How many people; 1000 of followers, requests and comments means 1,000 or more. 0, on the stream only: taken back.',
    ),
    post: post.nullable().meta({ description: 'The post that it is about; null for none.' }),
    comment: comment
      .nullable()
      .meta({ description: 'The newest comment or reply, or the one that was liked.' }),
    read: flag('Whether the caller has read it.'),
    createdAt: time.meta({ description: 'When the group last grew.' }),
  })
  .meta({ id: 'Notification', description: 'What happened to the caller, in one group.' });

/** Characters of a comment: signed addresses of two pictures leave some 300 of 700 bytes for everything else. */
export const LINE = 50;

export const compactNotification = notification
  .extend({
    actors: z
      .array(
        author
          .pick({ id: true, username: true })
          .extend({
            avatar: z
              .object({ w150: address('150 pixels wide.') })
              .nullable()
              .meta({
                id: 'CompactAvatar',
                description: 'The address of a square picture; null without one.',
              }),
          })
          .meta({ id: 'CompactAuthor', description: 'A user, as lines of a list carry them.' }),
      )
      .max(1)
      .meta({ description: 'Who did it: the newest alone. `count` says how many they are.' }),
    post: z
      .object({
        ...post.pick({ id: true, code: true }).shape,
        thumbnail: rendition
          .pick({ url: true, width: true, height: true })
          .nullable()
          .meta({ id: 'Thumbnail', description: 'Its first photo’s `square150`; null when it has none.' }),
      })
      .nullable()
      .meta({ id: 'CompactPost', description: 'The post that it is about; null for none.' }),
    comment: comment
      .pick({ id: true })
      .extend({
        text: shown(LINE, 'Its text, or its beginning and an ellipsis; null as in `Comment`.').nullable(),
      })
      .nullable()
      .meta({
        id: 'CompactComment',
        description:
          'The newest comment or reply, by the one in `actors`, or the one that was liked; null for none.',
      }),
  })
  .meta({
    id: 'CompactNotification',
    description: 'A notification as a line of a list, in some 700 bytes at most.',
  });

/** The list's answer: notifications, or with `view=compact` lines. */
export const notificationsOrLines = z
  .union([listOf(notification, 'NotificationList'), listOf(compactNotification, 'CompactNotificationList')])
  .meta({
    id: 'NotificationListOrLines',
    description: 'Notifications, or lines where `view=compact` asked for them.',
  });

export const notificationListQuery = listQuery.extend({
  view: z
    .enum(['compact'])
    .optional()
    .meta({ description: '`compact`: only what a line of the list shows. The same cursors lead on.' }),
});

export type Notification = z.output<typeof notification>;
export type CompactNotification = z.output<typeof compactNotification>;
export type NotificationListInput = z.output<typeof notificationListQuery>;

export const unread = z
  .object({ count: count('Notifications that are unread.') })
  .meta({ id: 'Unread', description: 'How much is unread.' });

export const readUpTo = z
  .strictObject({
    upTo: id.meta({ description: 'The newest notification that was seen; it and all below become read.' }),
  })
  .meta({ id: 'ReadUpTo', description: 'How far the caller has read.' });
