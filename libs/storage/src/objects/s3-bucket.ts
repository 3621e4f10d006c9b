import {
  AbortMultipartUploadCommand,
  CopyObjectCommand,
  DeleteObjectsCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  paginateListObjectsV2,
  S3ServiceException,
  type HeadObjectCommandOutput,
  type ListMultipartUploadsCommandOutput,
  type ListPartsCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { ObjectMissing, RangeOutside, type StoredObject } from './object-store.js';

/** S3 deletes this many keys in one request. */
const KEYS_A_REQUEST = 1_000;

/** HEAD has no body with an error's name, so both the names and the status count. */
export function isMissing(error: unknown): boolean {
  return (
    error instanceof S3ServiceException &&
    (error.name === 'NoSuchKey' || error.name === 'NotFound') &&
    error.$metadata.httpStatusCode === 404
  );
}

const isMissingUpload = (error: unknown): boolean =>
  error instanceof S3ServiceException && error.name === 'NoSuchUpload';

/** The object is not the one that the condition names. */
function isPreconditionFailed(error: unknown): boolean {
  return error instanceof S3ServiceException && error.$metadata.httpStatusCode === 412;
}

/** Translates S3's errors to the store's own. */
export function translated(key: string, error: unknown): unknown {
  if (isMissing(error)) return new ObjectMissing(key, { cause: error });
  const isOutside = error instanceof S3ServiceException && error.$metadata.httpStatusCode === 416;
  return isOutside ? new RangeOutside(null) : error;
}

/** Housekeeping of one bucket: the store's operations on many objects at once. */
export class S3Bucket {
  constructor(
    private readonly client: S3Client,
    readonly name: string,
  ) {}

  /** Deletes keys; missing ones are no error. */
  async remove(keys: readonly string[]): Promise<void> {
    for (let from = 0; from < keys.length; from += KEYS_A_REQUEST) {
      const Objects = keys.slice(from, from + KEYS_A_REQUEST).map((Key) => ({ Key }));
      const answer = await this.client.send(
        new DeleteObjectsCommand({ Bucket: this.name, Delete: { Objects, Quiet: true } }),
      );
      const [fault] = answer.Errors ?? [];
      if (fault)
        throw new Error(`S3 did not delete ${fault.Key ?? '?'}: ${fault.Code ?? '?'} ${fault.Message ?? ''}`);
    }
  }

  /** Copies, then deletes: S3 has no rename. Returns those of `names` that existed. */
  async move(from: string, to: string, names: readonly string[]): Promise<string[]> {
    const found = await Promise.all(names.map((name) => this.#copy(`${from}/${name}`, `${to}/${name}`)));
    const moved = names.filter((_, index) => found[index]);
    await this.remove(moved.map((name) => `${from}/${name}`));
    return moved;
  }

  /**
   * Copies, then deletes, unless `to` has `bytes` bytes already. Copies exactly the measured object: a client that may
   * still write `from` changes its ETag. (Ceph before 18 ignores that condition.)
   */
  async rename(from: string, to: string, bytes: number): Promise<boolean> {
    const found = await this.#head(from);
    if (found?.ContentLength !== bytes) return false;
    if ((await this.#head(to))?.ContentLength !== bytes && !(await this.#copy(from, to, found.ETag)))
      return false;
    await this.remove([from]);
    return true;
  }

  /** The folders right below a prefix that ends in a slash, without the prefix. */
  async foldersBelow(prefix: string): Promise<string[]> {
    const folders: string[] = [];
    const pages = paginateListObjectsV2(
      { client: this.client },
      { Bucket: this.name, Prefix: prefix, Delimiter: '/' },
    );
    for await (const page of pages) {
      for (const { Prefix } of page.CommonPrefixes ?? [])
        folders.push((Prefix ?? '').slice(prefix.length, -1));
    }
    return folders;
  }

  /** In key order, as S3 lists them. */
  async *list(prefix: string): AsyncGenerator<StoredObject> {
    const pages = paginateListObjectsV2({ client: this.client }, { Bucket: this.name, Prefix: prefix });
    for await (const page of pages) {
      for (const {
        Key: key = '',
        Size: bytes = 0,
        LastModified: modifiedAt = new Date(0),
      } of page.Contents ?? [])
        yield { key, bytes, modifiedAt };
    }
  }

  async removeBelow(prefix: string): Promise<void> {
    const pages = paginateListObjectsV2({ client: this.client }, { Bucket: this.name, Prefix: prefix });
    for await (const page of pages) await this.remove((page.Contents ?? []).flatMap(({ Key }) => Key ?? []));
  }

  /** Aborts multipart uploads that got no part since a time: their parts cost money, yet appear in no listing. */
  async abortUploads(before: Date, prefix?: string): Promise<number> {
    let aborted = 0;
    let marker: { KeyMarker?: string; UploadIdMarker?: string } | null = {};
    while (marker) {
      const page: ListMultipartUploadsCommandOutput = await this.client.send(
        new ListMultipartUploadsCommand({ Bucket: this.name, Prefix: prefix, ...marker }),
      );
      for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
        if (!Key || !UploadId || !Initiated || Initiated >= before) continue;
        if ((await this.#newestPart(Key, UploadId)) >= before) continue;
        await this.client.send(new AbortMultipartUploadCommand({ Bucket: this.name, Key, UploadId }));
        aborted += 1;
      }
      const more = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
      marker = page.IsTruncated ? more : null;
    }
    return aborted;
  }

  /** An export takes hours to arrive. The SDK's own paginator never ends: servers send a marker with the last page, too. */
  async #newestPart(Key: string, UploadId: string): Promise<Date> {
    let newest = new Date(0);
    try {
      for (let PartNumberMarker: string | undefined, more = true; more;) {
        const page: ListPartsCommandOutput = await this.client.send(
          new ListPartsCommand({ Bucket: this.name, Key, UploadId, PartNumberMarker }),
        );
        for (const { LastModified } of page.Parts ?? [])
          if (LastModified && LastModified > newest) newest = LastModified;
        PartNumberMarker = page.NextPartNumberMarker;
        more = page.IsTruncated === true;
      }
    } catch (error) {
      // Completed or aborted since it was listed.
      if (isMissingUpload(error)) return new Date();
      throw error;
    }
    return newest;
  }

  async #copy(from: string, to: string, etag?: string): Promise<boolean> {
    try {
      await this.client.send(
        new CopyObjectCommand({
          Bucket: this.name,
          CopySource: `${this.name}/${from}`,
          CopySourceIfMatch: etag,
          Key: to,
        }),
      );
      return true;
    } catch (error) {
      if (isMissing(error) || isPreconditionFailed(error)) return false;
      throw error;
    }
  }

  async #head(key: string): Promise<HeadObjectCommandOutput | null> {
    try {
      return await this.client.send(new HeadObjectCommand({ Bucket: this.name, Key: key }));
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }
}
