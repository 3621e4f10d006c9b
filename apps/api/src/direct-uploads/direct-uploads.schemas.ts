import { limits } from '@app/platform';
import { z } from 'zod';
import { id, shown, time } from '../http/fields.js';
import { altText } from '../photos/photos.schemas.js';

const hex = (digits: number, of: string) =>
  z
    .string()
    .regex(new RegExp(`^[0-9a-f]{${digits}}$`))
    .meta({ maxLength: digits, description: `${of} of the file, in hex.` })
    .optional();

export const directUpload = z
  .strictObject({
    type: z.enum(limits.photo.formats).meta({ description: 'The media type of the file.' }),
    bytes: z.int().min(1).meta({ description: 'The size of the file; another is refused by the store.' }),
    sha256: hex(64, 'SHA-256').meta({
      description:
        'SHA-256 of the file, in hex: bytes that were sent within a day make no second photo, others are rejected.',
    }),
    md5: hex(32, 'MD5').meta({
      description: 'MD5 of the file, in hex: what arrives otherwise is refused by the store at once.',
    }),
    altText: altText.optional(),
  })
  .meta({ id: 'NewDirectUpload', description: 'A file that the client is about to put into the store.' });

export type DirectUpload = z.output<typeof directUpload>;

export const presigned = z
  .object({
    photoId: id.meta({ description: 'The photo that it becomes.' }),
    upload: z
      .object({
        method: z.literal('PUT').meta({ description: 'How the file is sent.' }),
        url: z.string().meta({
          description: 'Where it is sent, signed; a session token of AWS makes it long.',
          format: 'uri',
          maxLength: 8_192,
        }),
        headers: z
          .record(z.string(), shown(8_192, 'The value of the header.'))
          .meta({ description: 'To be sent as they are, with no other Content-Type.' }),
        expiresAt: time.meta({ description: 'The PUT has to begin before.' }),
      })
      .meta({ id: 'PresignedRequest', description: 'The request that puts the file into the store.' }),
    completeBy: time.meta({ description: 'Afterwards the upload is over.' }),
  })
  .meta({ id: 'PresignedUpload', description: 'An upload that goes straight into the store.' });
