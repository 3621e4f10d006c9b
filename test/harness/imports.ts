import type { Person } from './people.js';
import type { Stack } from './stack.js';
import { base64, Raw } from './tus.js';

/** Of the upload of a zip to import. */
export const IMPORT = { 'Upload-Metadata': `purpose ${base64('import')}` };

export const uploadIdOf = ({ location }: Raw): string => /uploads\/(\d+)/.exec(location)?.[1] ?? '';

/** An import of an empty zip, of which nothing comes. */
export function begunImport(stack: Stack, person: Person): Promise<{ id: string; uploadId: string }> {
  const zip = Buffer.alloc(22);
  zip.write('PK\u0005\u0006', 'latin1');
  return importOf(stack, person, zip);
}

/** An import that has begun. */
export async function importOf(
  stack: Stack,
  person: Person,
  zip: Buffer,
): Promise<{ id: string; uploadId: string }> {
  const upload = await Raw.begin(stack, person, zip.length, IMPORT);
  await upload.patch(0, zip).expect(204);
  const uploadId = uploadIdOf(upload);
  const { body } = await person.request('post', '/v1/me/imports', { uploadId }).expect(202);
  return { id: (body as { id: string }).id, uploadId };
}
