import { S3Client } from '@aws-sdk/client-s3';
import type { StoreConfig } from './open-object-store.js';
import { S3Presigner } from './s3-presigner.js';
import { S3Store } from './s3-store.js';

export function openS3Store(config: StoreConfig, bucket: string): S3Store {
  const outside = s3Client(config, config.S3_PUBLIC_ENDPOINT ?? config.S3_ENDPOINT);
  return new S3Store(s3Client(config, config.S3_ENDPOINT), bucket, new S3Presigner(outside));
}

function s3Client(config: StoreConfig, endpoint: string | undefined): S3Client {
  const { S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey } = config;
  return new S3Client({
    region: config.S3_REGION,
    endpoint,
    forcePathStyle: config.S3_FORCE_PATH_STYLE,
    // Without configured keys the machine's role signs, as the SDK finds it.
    credentials: accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined,
    maxAttempts: 3,
    // A part that moves no byte for this long is sent again.
    requestHandler: { connectionTimeout: 3_000, socketTimeout: 30_000 },
  });
}
