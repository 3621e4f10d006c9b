import { limits } from '@app/platform';
import { z } from 'zod';
import { id, refuse, text, time } from '../http/fields.js';

export const rendition = z
  .object({ url: z.string(), width: z.int(), height: z.int(), type: z.string() })
  .meta({ id: 'Rendition' });

export const photo = z
  .object({
    id,
    state: z.enum(['processing', 'ready', 'rejected']),
    width: z.int().nullable().meta({ description: 'As seen, after orientation; null while processing.' }),
    height: z.int().nullable(),
    altText: z.string().nullable(),
    thumbhash: z.string().nullable().meta({ description: 'Standard base64; see evanw.github.io/thumbhash.' }),
    color: z.string().nullable().meta({ description: '#rrggbb, the dominant colour.' }),
    renditions: z
      .object({
        square150: rendition,
        w320: rendition,
        w640: rendition,
        w1080: rendition,
        jpeg1080: rendition,
      })
      .nullable(),
    rejection: z.object({ code: z.string(), detail: z.string() }).nullable(),
    createdAt: time,
  })
  .meta({ id: 'Photo' });

export type Photo = z.infer<typeof photo>;

export const altText = text({ max: limits.photo.altText, multiline: true });

export const upload = z.object({
  file: z.string().meta({ format: 'binary', description: 'The photo; exactly one.' }),
  altText: altText.optional(),
});

/** The fields that may accompany a photo in its upload. */
export const described = z.strictObject({ altText });

export const photoChange = z.strictObject({ altText: altText.nullable().optional() });

/** `?ids=1,2,3`, and `?ids=1&ids=2`, the form that many clients use for lists. */
export const idList = z.strictObject({
  ids: z
    .union([z.string(), z.array(z.string())])
    .transform((value) => [...new Set([value].flat().join(',').split(',').filter(Boolean))])
    .superRefine(
      refuse(
        (ids: string[]) => ids.length <= limits.list.ids,
        'too_many',
        (ids) => ({
          limit: limits.list.ids,
          actual: ids.length,
        }),
      ),
    )
    .meta({
      description: `Up to ${limits.list.ids} ids, separated by commas; the parameter may also be repeated.`,
      override: { type: 'string' },
    }),
});

export const photosById = z.object({ items: z.array(photo) }).meta({ id: 'Photos' });
