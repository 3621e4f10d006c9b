import { CreateBucketCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import { radosgwInstalled, startRadosgw } from '../servers/radosgw.js';

const BUCKET = 'photos';

/** Tests of S3 are skipped explicitly: `describe.skipIf(!s3Installed)(...)`. */
export const s3Installed = await radosgwInstalled();

/** A test's own real S3 server with one bucket. */
export interface S3 {
  endpoint: string;
  /** The settings that make a stack keep its objects here, or use this store beside its disk. */
  env: Record<string, string>;
  /** Every key, in order, with its size. */
  list(): Promise<Map<string, number>>;
  stop(): Promise<void>;
}

export async function startS3(): Promise<S3> {
  const { endpoint, accessKeyId, secretAccessKey, stop } = await startRadosgw();
  const credentials = { accessKeyId, secretAccessKey };
  const client = new S3Client({ endpoint, credentials, forcePathStyle: true, region: 'us-east-1' });
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  return {
    endpoint,
    env: {
      S3_BUCKET: BUCKET,
      S3_ENDPOINT: endpoint,
      S3_ACCESS_KEY_ID: accessKeyId,
      S3_SECRET_ACCESS_KEY: secretAccessKey,
    },
    list: async () => {
      const found = new Map<string, number>();
      for await (const page of paginateListObjectsV2({ client }, { Bucket: BUCKET }))
        for (const { Key = '', Size = 0 } of page.Contents ?? []) found.set(Key, Size);
      return found;
    },
    stop: async () => {
      client.destroy();
      await stop();
    },
  };
}
