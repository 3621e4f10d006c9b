import { z } from 'zod';
import { id, time } from '../http/fields.js';

export const exported = z
  .object({
    id,
    state: z.enum(['waiting', 'running', 'ready', 'failed']).meta({
      description: '`failed`: it could not be made for days; ask for another.',
    }),
    progress: z.int().min(0).max(100).meta({ description: 'Per cent.' }),
    url: z.url().max(500).optional().meta({
      description:
        'Where the zip is, once `ready`; good for `limits.export.linkFor`, and renewed by each read. Gives access to everything in it.',
    }),
    bytes: z.int().optional().meta({ description: 'Its size, once `ready`.' }),
    expiresAt: time.optional().meta({ description: 'When it is deleted, once `ready`.' }),
  })
  .meta({ id: 'Export', description: 'A zip of everything that is a person’s.' });
