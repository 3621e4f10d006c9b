import {
  FlowLogDestination,
  FlowLogTrafficType,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { GatewayVpcEndpointAwsService, IpAddresses, Peer } from 'aws-cdk-lib/aws-ec2';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Settings } from './settings.ts';

/** Three zones with three kinds of subnets: the load balancer's, the machines', and the data's, which has no way out. */
export class Network extends Construct {
  readonly vpc: Vpc;
  readonly loadBalancer: SecurityGroup;
  readonly web: SecurityGroup;
  readonly worker: SecurityGroup;
  readonly proxy: SecurityGroup;
  readonly database: SecurityGroup;
  readonly redis: SecurityGroup;

  constructor(scope: Construct, settings: Settings, logs: Bucket) {
    super(scope, 'Network');
    this.vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr('10.20.0.0/16'),
      availabilityZones: settings.availabilityZones,
      natGateways: settings.size.natGateways,
      subnetConfiguration: [
        { name: 'edge', subnetType: SubnetType.PUBLIC, cidrMask: 24 },
        { name: 'machines', subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 20 },
        { name: 'data', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 24 },
      ],
      // Photos go to S3 past the NAT gateways, which charge for every byte.
      gatewayEndpoints: { s3: { service: GatewayVpcEndpointAwsService.S3 } },
      flowLogs: {
        refused: {
          destination: FlowLogDestination.toS3(logs, 'flow-logs/'),
          trafficType: FlowLogTrafficType.REJECT,
        },
      },
    });
    this.loadBalancer = this.#group('LoadBalancer', 'HTTP and HTTPS from everywhere');
    this.web = this.#group('Web', 'NGINX, from the load balancer alone');
    this.worker = this.#group('Worker', 'Nobody asks workers anything');
    this.proxy = this.#group('Proxy', 'The pool in front of PostgreSQL', false);
    this.database = this.#group('Database', 'PostgreSQL', false);
    this.redis = this.#group('Redis', 'Redis', false);
    this.#open();
  }

  #group(name: string, description: string, allowAllOutbound = true): SecurityGroup {
    return new SecurityGroup(this, name, { vpc: this.vpc, description, allowAllOutbound });
  }

  /** Every way through, and no other: strangers reach the load balancer, it reaches NGINX, machines reach the data. */
  #open(): void {
    for (const port of [80, 443]) {
      this.loadBalancer.addIngressRule(Peer.anyIpv4(), Port.tcp(port), 'clients');
    }
    this.web.addIngressRule(this.loadBalancer, Port.tcp(80), 'NGINX');
    for (const machines of [this.web, this.worker]) {
      this.proxy.addIngressRule(machines, Port.tcp(5432), 'the application');
      // Migrations hold a session lock, which a pool that lends connections by the transaction cannot carry.
      this.database.addIngressRule(machines, Port.tcp(5432), 'migrations');
      this.redis.addIngressRule(machines, Port.tcp(6379), 'the application');
    }
    this.proxy.addEgressRule(this.database, Port.tcp(5432), 'PostgreSQL');
    this.database.addIngressRule(this.proxy, Port.tcp(5432), 'the pool');
  }
}
