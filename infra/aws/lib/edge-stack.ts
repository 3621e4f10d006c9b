import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { Certificate, CertificateValidation } from 'aws-cdk-lib/aws-certificatemanager';
import { Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnHealthCheck, HostedZone } from 'aws-cdk-lib/aws-route53';
import type { Construct } from 'constructs';
import { Alerts } from './alerts.ts';
import type { Settings } from './settings.ts';

/** What AWS keeps in us-east-1, wherever Narwhal runs: CloudFront's certificate, and how Route 53 sees us from outside. */
export class EdgeStack extends Stack {
  readonly mediaCertificate: Certificate;
  readonly healthCheck: CfnHealthCheck;

  constructor(scope: Construct, settings: Settings, props: StackProps) {
    super(scope, 'NarwhalEdge', props);
    const { domain, zoneId: hostedZoneId, zoneName } = settings;
    const zone = HostedZone.fromHostedZoneAttributes(this, 'Zone', { hostedZoneId, zoneName });
    this.mediaCertificate = new Certificate(this, 'MediaCertificate', {
      domainName: `media.${domain}`,
      validation: CertificateValidation.fromDns(zone),
    });
    this.healthCheck = new CfnHealthCheck(this, 'HealthCheck', {
      healthCheckConfig: {
        type: 'HTTPS',
        fullyQualifiedDomainName: domain,
        resourcePath: '/health/ready',
        port: 443,
        enableSni: true,
        requestInterval: 10,
        failureThreshold: 2,
        measureLatency: true,
      },
      healthCheckTags: [{ key: 'Name', value: domain }],
    });
    this.#watch();
  }

  #watch(): void {
    new Alerts(this).watch('Outside', {
      what: 'Narwhal does not answer from outside. Look at the load balancer, its certificate and its name first.',
      metric: new Metric({
        namespace: 'AWS/Route53',
        metricName: 'HealthCheckStatus',
        statistic: Stats.MINIMUM,
        period: Duration.minutes(1),
        dimensionsMap: { HealthCheckId: this.healthCheck.attrHealthCheckId },
      }),
      threshold: 1,
      periods: 1,
      when: 'below',
      missing: TreatMissingData.BREACHING,
    });
  }
}
