import { S3Client } from '@aws-sdk/client-s3';
import type { Config } from '@app/platform';
import { DiskStore } from './disk-store.js';
import type { ObjectStore } from './object-store.js';
import { S3Store } from './s3-store.js';

type StoreConfig = Pick<
  Config,
  | 'STORAGE_DIR'
  | 'S3_BUCKET'
  | 'S3_ENDPOINT'
  | 'S3_REGION'
  | 'S3_ACCESS_KEY_ID'
  | 'S3_SECRET_ACCESS_KEY'
  | 'S3_FORCE_PATH_STYLE'
>;

/** The store that the configuration names: S3 where a bucket is set, the disk otherwise. */
export async function openObjectStore(config: StoreConfig): Promise<ObjectStore> {
  if (!config.S3_BUCKET) return DiskStore.open(config.STORAGE_DIR);
  return new S3Store(s3Client(config), config.S3_BUCKET);
}

function s3Client(config: StoreConfig): S3Client {
  const { S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey } = config;
  return new S3Client({
    region: config.S3_REGION,
    endpoint: config.S3_ENDPOINT,
    forcePathStyle: config.S3_FORCE_PATH_STYLE,
    // Without keys of its own the machine's role signs, as the SDK finds it.
    credentials: accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined,
    maxAttempts: 3,
    // A part that moves no byte for so long is sent again rather than waited for.
    requestHandler: { connectionTimeout: 3_000, socketTimeout: 30_000 },
  });
}
