import type { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import type { ApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { AaaaRecord, ARecord, HealthCheck, RecordTarget, type IHostedZone } from 'aws-cdk-lib/aws-route53';
import { CloudFrontTarget, LoadBalancerTarget } from 'aws-cdk-lib/aws-route53-targets';
import { Construct } from 'constructs';

export interface Destinations {
  domain: string;
  loadBalancer: ApplicationLoadBalancer;
  media: Distribution;
  /** Looks at the domain from outside, every 10 s from several continents. */
  healthCheckId: string;
}

/**
 * The names that clients know. Route 53 gives out only addresses of the load balancer in zones that answer; and a record
 * that the outside check finds down gives way to another of the same name, as soon as a second region has one.
 */
export class Names extends Construct {
  constructor(
    scope: Construct,
    zone: IHostedZone,
    { domain, loadBalancer, media, healthCheckId }: Destinations,
  ) {
    super(scope, 'Names');
    new ARecord(this, 'Api', {
      zone,
      recordName: `${domain}.`,
      target: RecordTarget.fromAlias(new LoadBalancerTarget(loadBalancer, { evaluateTargetHealth: true })),
      healthCheck: HealthCheck.fromHealthCheckId(this, 'Outside', healthCheckId),
      setIdentifier: loadBalancer.stack.region,
      weight: 100,
    });
    const target = RecordTarget.fromAlias(new CloudFrontTarget(media));
    const recordName = `media.${domain}.`;
    new ARecord(this, 'Media', { zone, recordName, target });
    new AaaaRecord(this, 'MediaV6', { zone, recordName, target });
  }
}
