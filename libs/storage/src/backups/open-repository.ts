import type { StorageSettings } from '@app/platform';
import { FolderRepository } from './folder-repository.js';
import type { Repository } from './repository.js';

/** `file:/FOLDER` or `s3://BUCKET/PREFIX`, as BACKUP_REPOSITORY has it. */
export async function openRepository(place: string, settings: StorageSettings): Promise<Repository> {
  if (place.startsWith('file:')) return new FolderRepository(place.slice('file:'.length));
  const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(place) ?? [];
  // Loaded when needed: the SDK is 37 MB of memory.
  const { S3Repository } = await import('./s3-repository.js');
  return S3Repository.open(settings, bucket, prefix);
}
