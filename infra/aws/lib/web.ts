import { Duration } from 'aws-cdk-lib';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  ApplicationLoadBalancer,
  ApplicationProtocol,
  ApplicationTargetGroup,
  ListenerAction,
  SslPolicy,
  TargetGroupLoadBalancingAlgorithmType,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { SubnetType } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { MachineGroup } from './machine.ts';
import type { Parts } from './parts.ts';

/** A load balancer that ends TLS, and behind it machines with NGINX and the api, at least one in each zone. */
export class Web extends Construct {
  readonly loadBalancer: ApplicationLoadBalancer;
  readonly targets: ApplicationTargetGroup;
  readonly machines: MachineGroup;

  constructor(scope: Construct, parts: Parts, certificate: ICertificate) {
    super(scope, 'Web');
    const { network, settings } = parts;
    this.machines = new MachineGroup(
      this,
      'Machines',
      { role: 'web', size: settings.size.web, group: network.web, balanced: true },
      parts,
    );
    this.targets = this.#targets(parts);
    this.loadBalancer = this.#loadBalancer(parts, certificate);
    this.#scale();
  }

  #targets({ network }: Parts): ApplicationTargetGroup {
    return new ApplicationTargetGroup(this, 'Targets', {
      vpc: network.vpc,
      port: 80,
      protocol: ApplicationProtocol.HTTP,
      targets: [this.machines.group],
      loadBalancingAlgorithmType: TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS,
      // The api drains for up to 25 s; what is behind its NGINX until then is answered.
      deregistrationDelay: Duration.seconds(30),
      healthCheck: {
        path: '/health/ready',
        interval: Duration.seconds(5),
        timeout: Duration.seconds(2),
        healthyThresholdCount: 2,
        unhealthyThresholdCount: 2,
        healthyHttpCodes: '200',
      },
    });
  }

  #loadBalancer({ network, store }: Parts, certificate: ICertificate): ApplicationLoadBalancer {
    const loadBalancer = new ApplicationLoadBalancer(this, 'LoadBalancer', {
      vpc: network.vpc,
      vpcSubnets: { subnetType: SubnetType.PUBLIC },
      internetFacing: true,
      securityGroup: network.loadBalancer,
      deletionProtection: true,
      dropInvalidHeaderFields: true,
      // Less than NGINX keeps an idle connection (75 s), or it would close one that a request is just sent on: a 502. Streams
      // say something every 25 s.
      idleTimeout: Duration.seconds(65),
    });
    loadBalancer.logAccessLogs(store.logs, 'load-balancer');
    loadBalancer.addListener('Https', {
      port: 443,
      certificates: [certificate],
      sslPolicy: SslPolicy.TLS13_RES,
      open: false,
      defaultAction: ListenerAction.forward([this.targets]),
    });
    loadBalancer.addListener('Http', {
      port: 80,
      open: false,
      defaultAction: ListenerAction.redirect({ protocol: 'HTTPS', port: '443', permanent: true }),
    });
    return loadBalancer;
  }

  #scale(): void {
    const { group } = this.machines;
    group.scaleOnCpuUtilization('Cpu', {
      targetUtilizationPercent: 55,
      estimatedInstanceWarmup: Duration.minutes(3),
    });
  }
}
