import type { Readable } from 'node:stream';
import { GetObjectCommand, HeadObjectCommand, S3ServiceException, type S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { reasonOf, type StorageSettings } from '@app/platform';
import { isMissing, S3Bucket } from '../objects/s3-bucket.js';
import { clientOf } from '../objects/s3-store.js';
import { FileMissing, type Repository } from './repository.js';

/** S3 allows 10,000 parts: 160 GB of compressed backup, of which one part and its outgoing copy are in memory. */
const PART_BYTES = 16 * 1024 * 1024;

/** Backups in a bucket, below a prefix. */
export class S3Repository implements Repository {
  readonly #bucket: S3Bucket;

  constructor(
    private readonly client: S3Client,
    private readonly bucketName: string,
    private readonly prefix: string,
  ) {
    this.#bucket = new S3Bucket(client, bucketName);
  }

  static open(settings: StorageSettings, bucket: string, prefix: string): S3Repository {
    const below = prefix === '' ? '' : `${prefix.replace(/\/+$/, '')}/`;
    return new S3Repository(clientOf(settings, settings.S3_ENDPOINT), bucket, below);
  }

  async begin(): Promise<void> {
    // A bucket is there or is not.
  }

  async write(name: string, source: Readable): Promise<number> {
    let bytes = 0;
    source.on('data', (chunk: Buffer) => (bytes += chunk.byteLength));
    source.pause();
    try {
      const params = { Bucket: this.bucketName, Key: `${this.prefix}${name}`, Body: source };
      await new Upload({ client: this.client, params, partSize: PART_BYTES, queueSize: 1 }).done();
    } finally {
      source.destroy();
    }
    return bytes;
  }

  async read(name: string): Promise<Readable> {
    const command = new GetObjectCommand({ Bucket: this.bucketName, Key: `${this.prefix}${name}` });
    const answer = await this.client.send(command).catch((error: unknown) => {
      throw isMissing(error) ? new FileMissing(name) : error;
    });
    const body = answer.Body as Readable;
    return body.once('error', (error) => Object.assign(error, { $metadata: answer.$metadata }));
  }

  async sizeOf(name: string): Promise<number | null> {
    const command = new HeadObjectCommand({ Bucket: this.bucketName, Key: `${this.prefix}${name}` });
    const answer = await this.client.send(command).catch((error: unknown) => {
      if (isMissing(error)) return null;
      throw error;
    });
    return answer && (answer.ContentLength ?? 0);
  }

  async *list(): AsyncGenerator<{ name: string; bytes: number }> {
    for await (const { key, bytes } of this.#bucket.list(this.prefix))
      yield { name: key.slice(this.prefix.length), bytes };
  }

  async removeUnfinished(before: Date): Promise<void> {
    await this.#bucket.abortUploads(before, this.prefix);
  }

  async remove(names: readonly string[]): Promise<void> {
    await this.#bucket.remove(names.map((name) => `${this.prefix}${name}`));
  }

  faultOf(error: unknown): string | null {
    const place = `the repository s3://${this.bucketName}/${this.prefix}`;
    if (error instanceof S3ServiceException)
      return `${place} refuses (${error.name}): the bucket, the key or its permissions are wrong`;
    // The SDK adds it to all that goes wrong with a request; PostgreSQL and folders have errors of the same codes.
    return error instanceof Error && '$metadata' in error
      ? `${place} cannot be reached (${reasonOf(error)})`
      : null;
  }

  close(): void {
    this.client.destroy();
  }
}
