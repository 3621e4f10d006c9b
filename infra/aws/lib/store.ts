import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  ObjectOwnership,
  StorageClass,
  type BucketProps,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

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

  constructor(scope: Construct) {
    super(scope, 'Store');
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
