import { z } from 'zod';
import { pathId } from '../http/fields.js';

export const uploadPlace = z.object({ id: pathId });

/** In the query instead of the path, since logs keep paths. */
export const uploadSecret = z.object({
  s: z.string().optional().meta({ description: 'The secret, as Location gave it.' }),
});

export interface UploadAddress {
  id: string;
  s?: string;
}
