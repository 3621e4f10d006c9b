import type { Config } from '@app/platform';
import { DiskStore } from './disk-store.js';
import type { ObjectStore } from './object-store.js';

export type StoreConfig = Pick<
  Config,
  | 'STORAGE_DIR'
  | 'S3_BUCKET'
  | 'S3_ENDPOINT'
  | 'S3_PUBLIC_ENDPOINT'
  | 'S3_REGION'
  | 'S3_ACCESS_KEY_ID'
  | 'S3_SECRET_ACCESS_KEY'
  | 'S3_FORCE_PATH_STYLE'
>;

/** The store that the configuration names: S3 where a bucket is set, the disk otherwise. */
export async function openObjectStore(config: StoreConfig): Promise<ObjectStore> {
  if (!config.S3_BUCKET) return DiskStore.open(config.STORAGE_DIR);
  // Loaded when needed: the SDK is 37 MB of memory, which a process with a disk store has no use for.
  const { openS3Store } = await import('./open-s3-store.js');
  return openS3Store(config, config.S3_BUCKET);
}
