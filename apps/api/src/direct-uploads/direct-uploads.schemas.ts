import { limits } from '@app/platform';
import { z } from 'zod';
import { id, time } from '../http/fields.js';
import { altText } from '../photos/photos.schemas.js';

const hex = (digits: number, of: string) =>
  z
    .string()
    .regex(new RegExp(`^[0-9a-f]{${digits}}$`))
    .optional()
    .meta({ description: `${of} of the file, in hex.` });

export const directUpload = z.strictObject({
  type: z.enum(limits.photo.formats),
  bytes: z.int().min(1).meta({ description: 'The size of the file; another is refused by the store.' }),
  sha256: hex(64, 'SHA-256').meta({
    description:
      'SHA-256 of the file, in hex: bytes that were sent within a day make no second photo, others are rejected.',
  }),
  md5: hex(32, 'MD5').meta({
    description: 'MD5 of the file, in hex: what arrives otherwise is refused by the store at once.',
  }),
  altText: altText.optional(),
});

export type DirectUpload = z.output<typeof directUpload>;

export const presigned = z
  .object({
    photoId: id,
    upload: z.object({
      method: z.literal('PUT'),
      url: z.string(),
      headers: z
        .record(z.string(), z.string())
        .meta({ description: 'To be sent as they are, with no other Content-Type.' }),
      expiresAt: time.meta({ description: 'The PUT has to begin before.' }),
    }),
    completeBy: time.meta({ description: 'Afterwards the upload is over.' }),
  })
  .meta({ id: 'PresignedUpload' });
