import { limits } from '@app/platform';
import { z } from 'zod';
import { id, text, time } from '../http/fields.js';

export const collection = z
  .object({ id, name: z.string(), counts: z.object({ posts: z.int() }), createdAt: time })
  .meta({ id: 'Collection', description: 'A named collection of saved posts; its owner alone sees it.' });

export const collectionList = z
  .object({
    items: z.array(collection),
    nextCursor: z.string().nullable(),
    prevCursor: z.string().nullable(),
  })
  .meta({ id: 'CollectionList' });

export const collectionFields = z.strictObject({ name: text({ max: limits.collection.name, min: 1 }) });

export type Collection = z.infer<typeof collection>;
