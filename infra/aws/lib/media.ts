import { readFileSync } from 'node:fs';
import { Duration } from 'aws-cdk-lib';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  CachePolicy,
  Distribution,
  Function as EdgeFunction,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  HeadersFrameOption,
  HttpVersion,
  KeyValueStore,
  PriceClass,
  ResponseHeadersPolicy,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { Construct } from 'constructs';
import type { Store } from './store.ts';

/** Clients may keep a picture for a day (limits.media.validFor); an edge may keep a deleted one for an hour. */
const clientSeconds = 86_400;

/** Pictures, from an edge near whoever looks: S3 behind CloudFront, opened by the URLs that the api signs. */
export class Media extends Construct {
  readonly distribution: Distribution;
  readonly keys: KeyValueStore;

  constructor(scope: Construct, domainName: string, certificate: ICertificate, store: Store) {
    super(scope, 'Media');
    this.keys = new KeyValueStore(this, 'Keys', { comment: 'The keyring of media URLs: id to secret' });
    const check = new EdgeFunction(this, 'CheckUrl', {
      comment: 'Checks the signature that the api gave a media URL',
      code: FunctionCode.fromInline(readFileSync(new URL('check-media-url.js', import.meta.url), 'utf8')),
      runtime: FunctionRuntime.JS_2_0,
      keyValueStore: this.keys,
    });
    this.distribution = new Distribution(this, 'Distribution', {
      comment: 'Pictures',
      domainNames: [domainName],
      certificate,
      minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
      httpVersion: HttpVersion.HTTP2_AND_3,
      priceClass: PriceClass.PRICE_CLASS_100,
      enableLogging: true,
      logBucket: store.logs,
      logFilePrefix: 'media/',
      defaultBehavior: {
        origin: S3BucketOrigin.withOriginAccessControl(store.photos),
        viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
        cachePolicy: this.#cache(),
        responseHeadersPolicy: this.#headers(),
        functionAssociations: [{ function: check, eventType: FunctionEventType.VIEWER_REQUEST }],
      },
    });
  }

  /** One object a picture: the query was checked and taken away, and nobody's headers count. */
  #cache(): CachePolicy {
    return new CachePolicy(this, 'Cache', {
      comment: 'Pictures by their path',
      minTtl: Duration.seconds(0),
      defaultTtl: Duration.hours(1),
      maxTtl: Duration.hours(1),
    });
  }

  #headers(): ResponseHeadersPolicy {
    return new ResponseHeadersPolicy(this, 'Headers', {
      comment: 'As NGINX answers for pictures',
      corsBehavior: {
        accessControlAllowCredentials: false,
        accessControlAllowHeaders: ['*'],
        accessControlAllowMethods: ['GET', 'HEAD'],
        accessControlAllowOrigins: ['*'],
        originOverride: true,
      },
      customHeadersBehavior: {
        customHeaders: [
          { header: 'Cache-Control', value: `private, max-age=${clientSeconds}, immutable`, override: true },
          { header: 'Cross-Origin-Resource-Policy', value: 'cross-origin', override: true },
        ],
      },
      securityHeadersBehavior: {
        contentTypeOptions: { override: true },
        frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
        strictTransportSecurity: {
          accessControlMaxAge: Duration.days(365),
          includeSubdomains: false,
          override: true,
        },
      },
    });
  }
}
