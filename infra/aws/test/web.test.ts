import { readFileSync } from 'node:fs';
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { PATIENCE } from '../lib/user-data.ts';
import { propertiesOf, synthesised } from './synthesised.ts';

const { main, edge } = synthesised({ size: 'medium' });

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
