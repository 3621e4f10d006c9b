import { limits } from '@app/platform';
import { z } from 'zod';
import { listOf } from '../http/cursors.js';
import { count, id, shown, text, time } from '../http/fields.js';

export const collection = z
  .object({
    id,
    name: shown(limits.collection.name, 'Its name.'),
    counts: z
      .object({ posts: count('Posts in it, without those that were deleted.') })
      .meta({ id: 'CollectionCounts', description: 'How much is in it.' }),
    createdAt: time.meta({ description: 'When it was made.' }),
  })
  .meta({ id: 'Collection', description: 'A named collection of saved posts; its owner alone sees it.' });

export const collectionList = listOf(collection, 'CollectionList');

const name = text({ max: limits.collection.name, min: 1 }).meta({ description: 'Its name.' });
export const newCollection = z
  .strictObject({ name })
  .meta({ id: 'NewCollection', description: 'A collection to be made.' });
export const collectionChange = z
  .strictObject({ name: name.optional() })
  .meta({ id: 'CollectionChange', description: 'What is to be changed of a collection.' });

export type Collection = z.infer<typeof collection>;
