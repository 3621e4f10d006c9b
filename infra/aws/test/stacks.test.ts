import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ALARMS } from '../cost/monthly.ts';
import { narwhal } from '../lib/app.ts';
import { SettingsError } from '../lib/settings.ts';
import { sizes } from '../lib/sizes.ts';
import { PATIENCE } from '../lib/user-data.ts';

const folder = mkdtempSync(join(tmpdir(), 'narwhal-cdk-'));
afterAll(() => rmSync(folder, { recursive: true }));

let count = 0;
/** Synthesises as a deployment would: a finding without a reason throws. */
function synthesised(context: Record<string, unknown> = {}) {
  const { app, main, edge } = narwhal({ outdir: join(folder, String((count += 1))), context });
  app.synth();
  return { main: Template.fromStack(main), edge: Template.fromStack(edge) };
}

let main: Template;
let edge: Template;
beforeAll(() => {
  ({ main, edge } = synthesised({ size: 'medium' }));
});

function propertiesOf(template: Template, type: string): Record<string, unknown>[] {
  return Object.values(template.findResources(type)).map(
    (found) => found.Properties as Record<string, unknown>,
  );
}

describe('the web', () => {
  test('is three NGINX and api machines on Ubuntu that the load balancer judges and the group replaces', () => {
    main.hasResource('AWS::AutoScaling::AutoScalingGroup', {
      Properties: { MinSize: '3', MaxSize: '9', HealthCheckType: 'ELB', TargetGroupARNs: Match.anyValue() },
      CreationPolicy: { ResourceSignal: { Count: 3 } },
      UpdatePolicy: {
        AutoScalingRollingUpdate: { MaxBatchSize: 1, MinInstancesInService: 3, WaitOnResourceSignals: true },
      },
    });
    const images = Object.values(main.toJSON().Parameters as Record<string, { Default?: string }>);
    expect(images.some(({ Default = '' }) => Default.includes('/canonical/ubuntu/server/24.04/'))).toBe(true);
  });

  test('stands behind TLS 1.2 or newer, and plain HTTP only leads there', () => {
    main.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', {
      Port: 443,
      SslPolicy: Match.stringLikeRegexp('TLS13-1-2-Res'),
      DefaultActions: [Match.objectLike({ Type: 'forward' })],
    });
    main.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', {
      Port: 80,
      DefaultActions: [Match.objectLike({ Type: 'redirect' })],
    });
    main.hasResourceProperties('AWS::ElasticLoadBalancingV2::TargetGroup', {
      HealthCheckPath: '/health/ready',
      HealthCheckIntervalSeconds: 5,
      UnhealthyThresholdCount: 2,
    });
  });

  test('lets no connection idle for longer than NGINX keeps it, or a request would meet a closed one', () => {
    const nginx = readFileSync(new URL('../../nginx/http-block.ts', import.meta.url), 'utf8');
    const [, kept] = /^keepalive_timeout (\d+)s;$/m.exec(nginx.split('listen').at(-1) ?? nginx) ?? [];
    const [balancer] = propertiesOf(main, 'AWS::ElasticLoadBalancingV2::LoadBalancer') as {
      LoadBalancerAttributes: { Key: string; Value: string }[];
    }[];
    const idle = balancer?.LoadBalancerAttributes.find(({ Key }) => Key === 'idle_timeout.timeout_seconds');
    expect(Number(idle?.Value)).toBeLessThan(Number(kept));
  });

  test('judges no machine before it can have been set up', () => {
    const groups = Object.values(main.findResources('AWS::AutoScaling::AutoScalingGroup'));
    expect(groups).toHaveLength(2);
    for (const group of groups) {
      const { Properties, CreationPolicy } = group as {
        Properties: { HealthCheckGracePeriod: number };
        CreationPolicy: { ResourceSignal: { Timeout: string } };
      };
      expect(Properties.HealthCheckGracePeriod).toBeGreaterThan(PATIENCE * 60);
      const [, minutes] = /^PT(\d+)M$/.exec(CreationPolicy.ResourceSignal.Timeout) ?? [];
      expect(Number(minutes) * 60).toBeGreaterThan(Properties.HealthCheckGracePeriod);
    }
  });

  test('spreads over three zones, and only the load balancer is open to strangers', () => {
    const subnets = propertiesOf(main, 'AWS::EC2::Subnet');
    expect(new Set(subnets.map(({ AvailabilityZone }) => AvailabilityZone))).toEqual(
      new Set(['us-east-1a', 'us-east-1b', 'us-east-1c']),
    );
    expect(subnets).toHaveLength(9);
    const groups = propertiesOf(main, 'AWS::EC2::SecurityGroup') as {
      GroupDescription: string;
      SecurityGroupIngress?: { CidrIp?: string }[];
    }[];
    const open = groups.filter(({ SecurityGroupIngress = [] }) =>
      SecurityGroupIngress.some(({ CidrIp }) => CidrIp),
    );
    expect(open.map(({ GroupDescription }) => GroupDescription)).toEqual(['HTTP and HTTPS from everywhere']);
  });

  test('is named by Route 53, which looks from outside', () => {
    main.hasResourceProperties('AWS::Route53::RecordSet', {
      Name: 'photos.example.org.',
      Type: 'A',
      HealthCheckId: Match.anyValue(),
      AliasTarget: Match.objectLike({ EvaluateTargetHealth: true }),
    });
    edge.hasResourceProperties('AWS::Route53::HealthCheck', {
      HealthCheckConfig: Match.objectLike({ Type: 'HTTPS', RequestInterval: 10, FailureThreshold: 2 }),
    });
  });
});

describe('the workers', () => {
  test('grow and shrink by how long work has waited', () => {
    const policies = propertiesOf(main, 'AWS::AutoScaling::ScalingPolicy').filter(
      ({ PolicyType }) => PolicyType === 'StepScaling',
    ) as { StepAdjustments: { ScalingAdjustment: number }[] }[];
    const steps = policies.flatMap(({ StepAdjustments }) =>
      StepAdjustments.map((step) => step.ScalingAdjustment),
    );
    expect(steps.sort((a, b) => a - b)).toEqual([-1, 1, 3]);
    main.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Namespace: 'Narwhal',
      MetricName: 'OldestPending',
    });
  });
});

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
    main.hasResourceProperties('AWS::RDS::DBProxy', { RequireTLS: true, EngineFamily: 'POSTGRESQL' });
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

test('docs/aws.md says how much there is of it', () => {
  const page = readFileSync(new URL('../../../docs/aws.md', import.meta.url), 'utf8');
  const [inMain, inEdge] = [main, edge].map(
    (template) => Object.keys((template.toJSON() as { Resources: object }).Resources).length,
  );
  expect(page).toContain(`${inMain} + ${inEdge} resources in two stacks`);
  expect(page).toContain(`none without; ${ALARMS} alarms`);
});

describe('machines', () => {
  interface Statement {
    Action: string | string[];
    Resource: unknown;
    Condition?: unknown;
  }
  const statementsOf = (kind: string): Statement[] =>
    propertiesOf(main, 'AWS::IAM::Policy')
      .filter(({ PolicyName }) => String(PolicyName).startsWith(kind))
      .flatMap(({ PolicyDocument }) => (PolicyDocument as { Statement: Statement[] }).Statement);

  test.each(['WebMachines', 'WorkersMachines'])('%s may do what they do, and nothing else', (kind) => {
    const statements = statementsOf(kind);
    const actions = statements.flatMap(({ Action }) => Action);
    expect(new Set(actions.map((action) => action.split(':')[0]))).toEqual(
      new Set([
        's3',
        'secretsmanager',
        'logs',
        'cloudwatch',
        'cloudformation',
        ...(kind === 'WebMachines' ? ['cloudfront-keyvaluestore'] : []),
      ]),
    );
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
    const everywhere = statements.filter(({ Resource }) => Resource === '*');
    expect(
      everywhere.every(({ Action, Condition }) => Action === 'cloudwatch:PutMetricData' && Condition),
    ).toBe(true);
  });

  test('leave their logs behind, for a month', () => {
    main.hasResource('AWS::Logs::LogGroup', {
      Properties: { RetentionInDays: 30 },
      DeletionPolicy: 'Retain',
    });
  });
});

describe('alarms', () => {
  test('all open and close an incident, and say what to look at', () => {
    const woken = [main, edge].flatMap((template) =>
      propertiesOf(template, 'AWS::CloudWatch::Alarm').filter(
        ({ AlarmDescription }) => AlarmDescription !== undefined,
      ),
    ) as { AlarmDescription: string; AlarmActions?: unknown[]; OKActions?: unknown[] }[];
    const ours = woken.filter(({ OKActions }) => OKActions);
    const count = [main, edge].flatMap((template) => propertiesOf(template, 'AWS::CloudWatch::Alarm')).length;
    expect(count).toBe(ALARMS);
    expect(ours.length).toBeGreaterThanOrEqual(19);
    for (const alarm of ours) {
      expect(alarm.AlarmActions).toHaveLength(1);
      expect(alarm.AlarmDescription).toMatch(/(Look at|Raise|Take|none runs)/);
    }
  });

  test('reach PagerDuty from both regions by a URL that no template shows', () => {
    for (const template of [main, edge]) {
      template.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'https' });
      const { Parameters } = template.toJSON() as { Parameters: Record<string, { NoEcho?: boolean }> };
      expect(
        Object.entries(Parameters).some(([name, { NoEcho }]) => name.includes('PagerDutyUrl') && NoEcho),
      ).toBe(true);
    }
  });
});

describe('settings', () => {
  test.each(Object.keys(sizes))('every size synthesises without a finding: %s', (size) => {
    expect(() => synthesised({ size })).not.toThrow();
  });

  test("another region than us-east-1 takes CloudFront's certificate from there", () => {
    const { edge: global } = synthesised({ region: 'eu-central-1' });
    global.hasResourceProperties('AWS::CertificateManager::Certificate', {
      DomainName: 'media.photos.example.org',
    });
  });

  test.each([
    [{ size: 'huge' }, 'expected small, medium, large for size but received "huge"'],
    [{ domain: 'photos' }, 'expected a domain name for domain but received "photos"'],
    [{ zoneName: 'example.com' }, 'expected a zone that holds photos.example.org for zoneName'],
    [{ redisCluster: 'yes' }, 'expected on or off for redisCluster but received "yes"'],
    [{ version: 'latest' }, 'expected a version such as 0.1.0 for version but received "latest"'],
  ])('%o is refused in a sentence', (context, sentence) => {
    expect(() => synthesised(context)).toThrow(SettingsError);
    expect(() => synthesised(context)).toThrow(sentence);
  });
});
