import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, HeadBucketCommand, HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { Measure, partOf } from './measure.js';
import { assertDay, assertFolder, assertKey, assertName, objectKey } from './object-keys.js';
import type {
  ByteRange,
  ObjectInfo,
  ObjectRead,
  ObjectStore,
  StoredObject,
  PresignBound,
  PresignedPut,
  StoreHealth,
  WriteOptions,
  Written,
} from './object-store.js';
import { SeparatePieces, type PieceOptions, type PieceWriter } from './pieces.js';
import { isMissing, S3Bucket, translated } from './s3-bucket.js';
import { S3Presigner } from './s3-presigner.js';
import type { StoreConfig } from './open-object-store.js';

/** The smallest part that S3 accepts; one upload holds one part and its outgoing copy in memory. */
const PART_BYTES = 5 * 1024 * 1024;
/** S3 takes 10,000. */
const PARTS = 8_000;

/** Objects in an S3 bucket, under the same keys as on disk; deleted ones are under `trash/<day>/`. */
export class S3Store implements ObjectStore {
  readonly #bucket: S3Bucket;

  constructor(
    private readonly client: S3Client,
    private readonly bucketName: string,
    private readonly presigner: S3Presigner,
  ) {
    this.#bucket = new S3Bucket(client, bucketName);
  }

  static open(config: StoreConfig, bucket: string): S3Store {
    const outside = clientOf(config, config.S3_PUBLIC_ENDPOINT ?? config.S3_ENDPOINT);
    return new S3Store(clientOf(config, config.S3_ENDPOINT), bucket, new S3Presigner(outside));
  }

  home(): Promise<'s3'> {
    return Promise.resolve('s3');
  }

  presign(key: string, bound: PresignBound): Promise<PresignedPut> {
    return this.presigner.put(this.bucketName, assertKey(key), bound);
  }

  async write(key: string, source: AsyncIterable<Uint8Array>, options: WriteOptions): Promise<Written> {
    const hash = createHash('sha256');
    const measure = new Measure(options.limit, options.signal, hash);
    try {
      await this.#upload(assertKey(key), Readable.from(measure.pass(source), { objectMode: false }), options);
    } catch (error) {
      // If S3 failed, the measure may still be waiting for a slow source.
      if (source instanceof Readable) source.destroy();
      throw error;
    }
    const written = { bytes: measure.bytes, sha256: hash.digest('hex') };
    const stored = await this.stat(key);
    if (stored?.bytes === written.bytes) return written;
    await this.#bucket.remove([key]);
    throw new Error(`S3 holds ${stored?.bytes ?? 'no'} bytes of ${key}, expected ${written.bytes}`);
  }

  async read(key: string, range?: ByteRange): Promise<ObjectRead> {
    const Range = range && `bytes=${range.start}-${range.end ?? ''}`;
    const command = new GetObjectCommand({ Bucket: this.bucketName, Key: assertKey(key), Range });
    const answer = await this.client.send(command).catch((error: unknown) => {
      throw translated(key, error);
    });
    const total = answer.ContentRange?.split('/').at(-1) ?? answer.ContentLength;
    return { ...partOf(Number(total), range), stream: answer.Body as Readable };
  }

  async stat(key: string): Promise<ObjectInfo | null> {
    try {
      const command = new HeadObjectCommand({ Bucket: this.bucketName, Key: assertKey(key) });
      const { ContentLength = 0, LastModified = new Date(0) } = await this.client.send(command);
      return { bytes: ContentLength, modifiedAt: LastModified };
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  staysOnDisk(): Promise<boolean> {
    return Promise.resolve(false);
  }

  async asFile(key: string, scratchPath: string): Promise<string> {
    const { stream } = await this.read(key);
    await pipeline(stream, createWriteStream(scratchPath));
    return scratchPath;
  }

  pieces(folder: string, name: string, { hashed }: PieceOptions): PieceWriter {
    return new SeparatePieces(this, folder, name, hashed);
  }

  rename(folder: string, from: string, to: string, bytes: number): Promise<boolean> {
    return this.#bucket.rename(objectKey(folder, from), objectKey(folder, to), bytes);
  }

  async remove(folder: string, names: readonly string[]): Promise<void> {
    await this.#bucket.remove(names.map((name) => objectKey(folder, name)));
  }

  list(prefix: string): AsyncGenerator<StoredObject> {
    return this.#bucket.list(prefix);
  }

  async trash(folder: string, names: readonly string[], day: string): Promise<void> {
    await this.#bucket.move(assertFolder(folder), trashOf(folder, day), names.map(assertName));
  }

  restore(folder: string, names: readonly string[], day: string): Promise<string[]> {
    return this.#bucket.move(trashOf(folder, day), assertFolder(folder), names.map(assertName));
  }

  async purgeTrash(day: string): Promise<number> {
    const days = (await this.#bucket.foldersBelow('trash/')).filter((name) => name < assertDay(day));
    for (const name of days) await this.#bucket.removeBelow(`trash/${name}/`);
    return days.length;
  }

  sweepUnfinished(before: Date): Promise<number> {
    return this.#bucket.abortUploads(before);
  }

  async check(): Promise<StoreHealth> {
    await this.client.send(new HeadBucketCommand({ Bucket: this.bucketName }));
    return { freeBytes: null, totalBytes: null };
  }

  async close(): Promise<void> {
    this.client.destroy();
    this.presigner.close();
  }

  /**
   * One part at a time: with more, a failed part lets the others go on to the end of the source. A signal reaches the
   * upload as a failure of its source and not by `upload.abort()`, which resolves before the parts are gone.
   */
  async #upload(key: string, body: Readable, options: WriteOptions): Promise<void> {
    const upload = new Upload({
      client: this.client,
      params: { Bucket: this.bucketName, Key: key, Body: body, ContentType: options.contentType },
      partSize: Math.max(PART_BYTES, Math.ceil((options.about ?? 0) / PARTS)),
      queueSize: 1,
    });
    try {
      await upload.done();
    } finally {
      body.destroy();
    }
  }
}

function trashOf(folder: string, day: string): string {
  return `trash/${assertDay(day)}/${assertFolder(folder)}`;
}

export function clientOf(config: StoreConfig, endpoint: string | undefined): S3Client {
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
