import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { PresignBound, PresignedPut } from './object-store.js';

const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');

/**
 * Signs PUTs that clients send themselves. Size, type and hashes are signed headers: others break the signature (403),
 * and the store refuses a body that does not match them. Every S3 supports Content-MD5; Ceph 16 ignores
 * x-amz-checksum-sha256, so the worker checks that hash in any case.
 */
export class S3Presigner {
  constructor(private readonly client: S3Client) {
    // By default the SDK adds the checksum of its own body, which is empty here.
    client.config.requestChecksumCalculation = () => Promise.resolve('WHEN_REQUIRED');
  }

  async put(bucket: string, key: string, bound: PresignBound): Promise<PresignedPut> {
    const { bytes, contentType, sha256, md5, seconds } = bound;
    const command = new PutObjectCommand({
      Bucket: bucket,
      Key: key,
      ContentLength: bytes,
      ContentType: contentType,
      ChecksumSHA256: sha256 && base64(sha256),
      ContentMD5: md5 && base64(md5),
    });
    const headers: Record<string, string> = {
      'content-type': contentType,
      ...(sha256 && { 'x-amz-checksum-sha256': base64(sha256) }),
      ...(md5 && { 'content-md5': base64(md5) }),
    };
    const signed = new Set(['host', 'content-length', ...Object.keys(headers)]);
    const url = await getSignedUrl(this.client, command, {
      expiresIn: seconds,
      signableHeaders: signed,
      unhoistableHeaders: signed,
    });
    return { url, headers };
  }

  close(): void {
    this.client.destroy();
  }
}
