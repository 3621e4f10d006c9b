import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { propertiesOf, synthesised } from './synthesised.ts';

const { main } = synthesised({ size: 'medium' });

describe('what lasts', () => {
  test('is PostgreSQL in two zones with a replica and a pool, encrypted, kept and hard to delete', () => {
    main.hasResource('AWS::RDS::DBInstance', {
      Properties: Match.objectLike({
        MultiAZ: true,
        StorageEncrypted: true,
        DeletionProtection: true,
        BackupRetentionPeriod: 14,
        EngineVersion: '17.6',
      }),
      DeletionPolicy: 'Snapshot',
    });
    main.hasResourceProperties('AWS::RDS::DBInstance', { SourceDBInstanceIdentifier: Match.anyValue() });
    main.hasResourceProperties('AWS::RDS::DBProxy', {
      RequireTLS: true,
      EngineFamily: 'POSTGRESQL',
      // The owner's, and api's and worker's.
      Auth: [Match.anyValue(), Match.anyValue()],
    });
    main.hasResourceProperties('AWS::RDS::DBParameterGroup', {
      Parameters: Match.objectLike({ 'rds.force_ssl': '1' }),
    });
  });

  test('is photographs that nobody reaches but CloudFront and machines, and that outlive the stack', () => {
    for (const bucket of Object.values(main.findResources('AWS::S3::Bucket'))) {
      expect(bucket).toMatchObject({
        DeletionPolicy: 'Retain',
        Properties: {
          PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true },
        },
      });
    }
    main.resourceCountIs('AWS::CloudFront::OriginAccessControl', 1);
    main.hasResourceProperties('AWS::CloudFront::Function', {
      FunctionConfig: Match.objectLike({
        Runtime: 'cloudfront-js-2.0',
        KeyValueStoreAssociations: Match.anyValue(),
      }),
    });
  });

  test('takes photos from browsers of its own site, straight into S3', () => {
    main.hasResourceProperties('AWS::S3::Bucket', {
      CorsConfiguration: {
        CorsRules: [
          Match.objectLike({ AllowedOrigins: ['https://photos.example.org'], AllowedMethods: ['PUT'] }),
        ],
      },
    });
  });

  test('is backed up every day and every month, in a vault of its own', () => {
    const [plan] = propertiesOf(main, 'AWS::Backup::BackupPlan') as {
      BackupPlan: { BackupPlanRule: unknown[] };
    }[];
    expect(plan?.BackupPlan.BackupPlanRule).toHaveLength(2);
    main.hasResource('AWS::Backup::BackupVault', { DeletionPolicy: 'Retain' });
  });
});

describe('Redis', () => {
  test('has a replica that takes over, TLS, a password, and evicts nothing', () => {
    main.resourceCountIs('AWS::ElastiCache::ReplicationGroup', 1);
    main.hasResourceProperties('AWS::ElastiCache::ReplicationGroup', {
      AutomaticFailoverEnabled: true,
      MultiAZEnabled: true,
      TransitEncryptionEnabled: true,
      NumNodeGroups: 1,
      ReplicasPerNodeGroup: 1,
    });
    main.hasResourceProperties('AWS::ElastiCache::ParameterGroup', {
      Properties: { 'maxmemory-policy': 'noeviction' },
    });
  });

  test('becomes a cluster by a switch, beside which the queue has its own', () => {
    const { main: clustered } = synthesised({ redisCluster: 'on', size: 'large' });
    clustered.resourceCountIs('AWS::ElastiCache::ReplicationGroup', 2);
    clustered.hasResourceProperties('AWS::ElastiCache::ReplicationGroup', { NumNodeGroups: 3 });
    clustered.hasResourceProperties('AWS::ElastiCache::ParameterGroup', {
      Properties: { 'maxmemory-policy': 'noeviction', 'cluster-enabled': 'yes' },
    });
  });
});
