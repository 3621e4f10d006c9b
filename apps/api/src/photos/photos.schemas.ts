import { limits } from '@app/platform';
import { rejections } from '@app/platform/photos';
import { z } from 'zod';
import { address, count, decimal, id, knownCode, refuse, shown, text, time } from '../http/fields.js';

export const rendition = z
  .object({
    url: address('Signed; its path never changes, its query does once a day.'),
    width: count('In pixels.'),
    height: count('In pixels.'),
    type: shown(100, 'Its media type, such as image/webp.'),
  })
  .meta({ id: 'Rendition', description: 'One size of a photo.' });

const renditions = z
  .object({ square150: rendition, w320: rendition, w640: rendition, w1080: rendition, jpeg1080: rendition })
  .nullable()
  .meta({ id: 'Renditions', description: 'The sizes of a photo; null until it is ready.' });

const rejection = z
  .object({
    code: knownCode(Object.keys(rejections), 'Why.'),
    detail: shown(200, 'The same in English, for developers.'),
  })
  .nullable()
  .meta({ id: 'Rejection', description: 'Why a photo was rejected; null when it was not.' });

export const photoState = z.enum(['processing', 'ready', 'rejected']);

export const photo = z
  .object({
    id,
    state: photoState.meta({ description: 'How far it is.' }),
    width: z.int().nullable().meta({ description: 'As seen, after orientation; null while processing.' }),
    height: z.int().nullable().meta({ description: 'As seen, after orientation; null while processing.' }),
    altText: shown(limits.photo.altText, 'What it shows, in words; null when nobody wrote it.').nullable(),
    thumbhash: shown(64, 'Standard base64; see evanw.github.io/thumbhash.').nullable(),
    color: shown(7, '#rrggbb, the dominant colour.').nullable(),
    renditions,
    rejection,
    createdAt: time.meta({ description: 'When its upload began.' }),
  })
  .meta({ id: 'Photo', description: 'A photo of somebody, posted or not.' });

export type Photo = z.infer<typeof photo>;

export const altText = text({ max: limits.photo.altText, multiline: true }).meta({
  description: 'What it shows, in words, for people who cannot see it.',
});

export const upload = z
  .object({
    file: z.string().meta({ format: 'binary', description: 'The photo; exactly one.' }),
    altText: altText.optional(),
  })
  .meta({ id: 'PhotoUpload', description: 'A photo as a form.' });

/** The fields that may accompany a photo in its upload. */
export const described = z.strictObject({ altText });

export const photoChange = z
  .strictObject({ altText: altText.nullable().optional() })
  .meta({ id: 'PhotoChange', description: 'What is to be changed of a photo.' });

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
      override: ({ jsonSchema }: { jsonSchema: Record<string, unknown> }) => {
        delete jsonSchema['anyOf'];
        Object.assign(jsonSchema, {
          type: 'array',
          items: { type: 'string', ...decimal },
          maxItems: limits.list.ids,
        });
      },
      param: { style: 'form', explode: false },
    }),
});

export const photosById = z
  .object({
    items: z.array(photo).max(limits.list.ids).meta({ description: 'Those that are there and may be seen.' }),
  })
  .meta({ id: 'Photos', description: 'The photos that were asked for.' });
