import { z } from 'zod';
import { id } from '../http/fields.js';
import { notification } from '../notifications/notifications.schemas.js';
import { photoState } from '../photos/photos.schemas.js';
import { postState } from '../posts/posts.schemas.js';

const eventOf = <Data extends z.ZodType>(event: string, data: Data, description: string) =>
  z
    .object({ event: z.literal(event).meta({ description: 'The line `event:`.' }), data })
    .meta({ id: `${event[0]?.toUpperCase()}${event.slice(1)}Event`, description });

const settled = <State extends z.ZodType>(state: State, what: string) =>
  z
    .object({ id: id.meta({ description: `The ${what}.` }), state })
    .meta({ description: `The ${what} and its state.` });

const nothing = z.object({}).meta({ description: 'Nothing.' });

/** One event of the stream, as an object: the lines `event` and `data`, the latter as the JSON that it holds. */
export const streamEvent = z
  .discriminatedUnion('event', [
    eventOf(
      'notification',
      notification,
      'A notification as in the list, which replaces the one of the same group; `count` 0 takes it away. Its `id` resumes the stream.',
    ),
    eventOf(
      'photo',
      settled(photoState.meta({ description: 'Its state now.' }), 'photo'),
      'A photo of the caller changed its state: read it.',
    ),
    eventOf(
      'post',
      settled(postState.meta({ description: 'Its state now.' }), 'post'),
      'A post of the caller changed its state: read it.',
    ),
    eventOf('feed', nothing, 'There is something new in the home feed.'),
    eventOf('reset', nothing, 'Too much was missed: read again.'),
  ])
  .meta({
    id: 'StreamEvent',
    description:
      'A server-sent event as an object; further ones will come and are to be ignored. A comment line every 20 s keeps the connection open.',
  });
