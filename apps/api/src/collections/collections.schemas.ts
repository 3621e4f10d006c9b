import { limits } from '@app/platform';
import { z } from 'zod';
import { listOf } from '../http/cursors.js';
import { id, text, time } from '../http/fields.js';

export const collection = z
  .object({ id, name: z.string(), counts: z.object({ posts: z.int() }), createdAt: time })
  .meta({ id: 'Collection', description: 'A named collection of saved posts; its owner alone sees it.' });

export const collectionList = listOf(collection, 'CollectionList');

export const collectionFields = z.strictObject({ name: text({ max: limits.collection.name, min: 1 }) });

export type Collection = z.infer<typeof collection>;
