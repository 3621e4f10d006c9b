import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  HttpMethods,
  ObjectOwnership,
  StorageClass,
  type BucketProps,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Settings } from './settings.ts';

const closed: BucketProps = {
  encryption: BucketEncryption.S3_MANAGED,
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  enforceSSL: true,
  removalPolicy: RemovalPolicy.RETAIN,
};

/** Photographs, the packages that machines install, and what was logged about both. */
export class Store extends Construct {
  readonly photos: Bucket;
  readonly releases: Bucket;
  readonly logs: Bucket;

  readonly #domain: string;

  constructor(scope: Construct, { domain }: Settings) {
    super(scope, 'Store');
    this.#domain = domain;
    this.logs = new Bucket(this, 'Logs', {
      ...closed,
      // CloudFront and load balancers still write their logs as owners of their own.
      objectOwnership: ObjectOwnership.BUCKET_OWNER_PREFERRED,
      lifecycleRules: [{ expiration: Duration.days(90) }],
    });
    this.photos = this.#photos();
    this.releases = new Bucket(this, 'Releases', {
      ...closed,
      versioned: true,
      serverAccessLogsBucket: this.logs,
      serverAccessLogsPrefix: 'releases/',
      lifecycleRules: [{ noncurrentVersionExpiration: Duration.days(90) }],
    });
  }

  #photos(): Bucket {
    return new Bucket(this, 'Photos', {
      ...closed,
      // Deleting is a rule of the product: old versions are for faults, and go soon enough for a person's right to be forgotten.
      versioned: true,
      serverAccessLogsBucket: this.logs,
      serverAccessLogsPrefix: 'photos/',
      // Browsers that send photos straight here (docs/storage.md); apps ask nobody.
      cors: [
        {
          allowedOrigins: [`https://${this.#domain}`],
          allowedMethods: [HttpMethods.PUT],
          allowedHeaders: ['Content-Type', 'Content-MD5', 'x-amz-checksum-sha256'],
          maxAge: 3_600,
        },
      ],
      lifecycleRules: [
        { noncurrentVersionExpiration: Duration.days(30), expiredObjectDeleteMarker: true },
        { abortIncompleteMultipartUploadAfter: Duration.days(8) },
        // Originals are read once and renditions are cached at the edge: what grows old costs half.
        {
          transitions: [
            { storageClass: StorageClass.INTELLIGENT_TIERING, transitionAfter: Duration.days(30) },
          ],
        },
      ],
    });
  }
}
