import { z } from 'zod';
import { count, id, knownCode, shown } from '../http/fields.js';

export const newImport = z
  .strictObject({
    uploadId: id.meta({ description: 'An upload with the purpose `import`, all of which has arrived.' }),
  })
  .meta({ id: 'NewImport', description: 'A zip to import.' });

/** Why something was left out, or taken only in part. */
const leftOut = [
  'double',
  'video',
  'story',
  'unposted',
  'file_missing',
  'not_a_photo',
  'too_large',
  'damaged',
  'encrypted',
  'photo_damaged',
  'too_complex',
  'post_split',
  'caption_cut',
  'post_unreadable',
  'document_unreadable',
];

export const failures = ['zip_missing', 'zip_invalid', 'format_unknown', 'too_many_entries', 'unavailable'];

export const imported = z
  .object({
    id,
    state: z
      .enum(['waiting', 'running', 'ready', 'failed'])
      .meta({ description: '`failed`: see `failure`; `ready`: see `report`.' }),
    progress: z.int().min(0).max(100).meta({ description: 'Per cent of its posts.' }),
    waitingFor: z
      .enum(['quota', 'disk'])
      .nullable()
      .meta({ description: 'Why it waits: it goes on by itself once there is room.' }),
    failure: knownCode(failures, 'Why nothing could come of it; null unless failed.').nullable(),
    report: z
      .object({
        posts: count('Posts that it has made.'),
        photos: count('Their photos.'),
        leftOut: z
          .array(
            z
              .object({
                code: knownCode(leftOut, 'Why.'),
                count: count('How many.'),
                names: z
                  .array(shown(200, 'A file of the zip, or the date of a post.'))
                  .max(20)
                  .meta({ description: 'The first of them.' }),
              })
              .meta({ id: 'LeftOut', description: 'What could not be taken, or not as it was.' }),
          )
          .max(100)
          .meta({ description: 'What could not be taken, by its reason.' }),
      })
      .meta({ id: 'ImportReport', description: 'What has come of it so far.' }),
  })
  .meta({ id: 'Import', description: 'An import of a zip: of Narwhal’s own export, or of Instagram’s.' });
