import { readFileSync } from 'node:fs';
import { Duration, Stack } from 'aws-cdk-lib';
import {
  AutoScalingGroup,
  CfnAutoScalingGroup,
  GroupMetrics,
  HealthChecks,
  AdditionalHealthCheckType,
  ScalingEvents,
  Signals,
  UpdatePolicy,
} from 'aws-cdk-lib/aws-autoscaling';
import {
  BlockDeviceVolume,
  type ISecurityGroup,
  EbsDeviceVolumeType,
  InstanceType,
  LaunchTemplate,
  LaunchTemplateHttpTokens,
  MachineImage,
  OperatingSystemType,
  SubnetType,
  UserData,
} from 'aws-cdk-lib/aws-ec2';
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Parts } from './parts.ts';

const ubuntu = '/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id';

export interface Kind {
  /** As `narwhal setup` calls it. */
  role: 'web' | 'worker';
  size: { instance: string; least: number; most: number };
  group: ISecurityGroup;
  /** How many machines may be missing while a new version rolls over them. */
  balanced: boolean;
}

const asset = (name: string): string => readFileSync(new URL(`../machine/${name}`, import.meta.url), 'utf8');

/** Machines of one kind: bare Ubuntu that installs Narwhal's package, and is replaced when it fails, never mended. */
export class MachineGroup extends Construct {
  readonly group: AutoScalingGroup;
  readonly role: Role;

  constructor(scope: Construct, id: string, kind: Kind, parts: Parts) {
    super(scope, id);
    this.role = this.#role(parts);
    const userData = UserData.forLinux({ shebang: '#!/bin/bash' });
    this.group = new AutoScalingGroup(this, 'Group', {
      vpc: parts.network.vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
      launchTemplate: this.#template(kind, userData),
      minCapacity: kind.size.least,
      maxCapacity: kind.size.most,
      healthChecks: kind.balanced
        ? HealthChecks.withAdditionalChecks({
            additionalTypes: [AdditionalHealthCheckType.ELB],
            gracePeriod: Duration.minutes(5),
          })
        : HealthChecks.ec2({ gracePeriod: Duration.minutes(5) }),
      // A machine counts once `narwhal setup` has said that all its services are ready.
      signals: Signals.waitForMinCapacity({ timeout: Duration.minutes(15) }),
      updatePolicy: UpdatePolicy.rollingUpdate({
        maxBatchSize: 1,
        minInstancesInService: kind.size.least,
        minSuccessPercentage: 100,
        pauseTime: Duration.minutes(15),
      }),
      notifications: [{ topic: parts.alerts, scalingEvents: ScalingEvents.ERRORS }],
      groupMetrics: [GroupMetrics.all()],
      maxInstanceLifetime: Duration.days(30),
    });
    this.#install(userData, kind, parts);
  }

  #template({ size, group }: Kind, userData: UserData): LaunchTemplate {
    const volume = BlockDeviceVolume.ebs(30, { encrypted: true, volumeType: EbsDeviceVolumeType.GP3 });
    return new LaunchTemplate(this, 'Template', {
      machineImage: MachineImage.fromSsmParameter(ubuntu, { os: OperatingSystemType.LINUX }),
      instanceType: new InstanceType(size.instance),
      securityGroup: group,
      role: this.role,
      userData,
      httpTokens: LaunchTemplateHttpTokens.REQUIRED,
      httpPutResponseHopLimit: 1,
      blockDevices: [{ deviceName: '/dev/sda1', volume }],
      detailedMonitoring: true,
    });
  }

  /** What a machine may do; no shell from outside: Session Manager, which writes down who did what. */
  #role({ store, secrets, database }: Parts): Role {
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('ec2.amazonaws.com'),
      managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName('AmazonSSMManagedInstanceCore')],
    });
    const allow = (actions: string[], resources: string[]) =>
      role.addToPolicy(new PolicyStatement({ actions, resources }));
    allow(['s3:GetObject'], [store.releases.arnForObjects('narwhal_*')]);
    allow(
      [
        's3:GetObject',
        's3:PutObject',
        's3:DeleteObject',
        's3:AbortMultipartUpload',
        's3:ListMultipartUploadParts',
      ],
      [store.photos.arnForObjects('*')],
    );
    allow(['s3:ListBucket', 's3:ListBucketMultipartUploads'], [store.photos.bucketArn]);
    for (const secret of [
      secrets.tokenKeys,
      secrets.mediaKeys,
      secrets.redisPassword,
      database.primary.secret,
    ]) {
      secret?.grantRead(role);
    }
    const condition = { StringEquals: { 'cloudwatch:namespace': 'Narwhal' } };
    role.addToPolicy(
      new PolicyStatement({ actions: ['cloudwatch:PutMetricData'], resources: ['*'], conditions: condition }),
    );
    return role;
  }

  /** The whole life of a machine: fetch, install, be told, serve, say so. Whatever fails leaves it unsignalled, and it is replaced. */
  #install(userData: UserData, kind: Kind, parts: Parts): void {
    const { settings, store } = parts;
    const file = `narwhal_${settings.version}_amd64.deb`;
    const stack = Stack.of(this);
    const group = this.group.node.defaultChild as CfnAutoScalingGroup;
    const signal = `aws cloudformation signal-resource --region ${stack.region} --stack-name ${stack.stackName} --logical-resource-id ${group.logicalId} --unique-id "$instance" --status`;
    userData.addCommands(
      'set -euo pipefail',
      'export DEBIAN_FRONTEND=noninteractive',
      'snap install aws-cli --classic',
      'export PATH="$PATH:/snap/bin"',
      'token=$(curl -sf -X PUT -H "X-aws-ec2-metadata-token-ttl-seconds: 300" http://169.254.169.254/latest/api/token)',
      'instance=$(curl -sf -H "X-aws-ec2-metadata-token: $token" http://169.254.169.254/latest/meta-data/instance-id)',
      `trap '${signal} FAILURE' ERR`,
      `aws s3 cp --only-show-errors s3://${store.releases.bucketName}/${file} /var/tmp/${file}`,
      'apt-get -q update -o DPkg::Lock::Timeout=300',
      `apt-get -q install -y -o DPkg::Lock::Timeout=300 --no-install-recommends ${kind.role === 'web' ? 'nginx ' : ''}/var/tmp/${file}`,
      'curl -sf --retry 5 -o /etc/narwhal/rds.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem',
      ...this.#write('/run/narwhal-plan.json', stack.toJsonString(plan(parts))),
      ...this.#write('/run/narwhal-settings.mjs', asset('settings.mjs')),
      'install -m 640 -g narwhal /dev/null /etc/narwhal/local.env',
      '/usr/lib/narwhal/node/bin/node /run/narwhal-settings.mjs /run/narwhal-plan.json > /etc/narwhal/local.env',
      ...(kind.role === 'worker'
        ? this.#tellQueueAge(stack.region)
        : [`echo '--trust ${parts.network.vpc.vpcCidrBlock}' >> /etc/narwhal/nginx.options`]),
      `narwhal setup ${kind.role}`,
      `${signal} SUCCESS`,
    );
    this.role.addToPolicy(
      new PolicyStatement({
        actions: ['cloudformation:SignalResource'],
        resources: [
          stack.formatArn({
            service: 'cloudformation',
            resource: 'stack',
            resourceName: `${stack.stackName}/*`,
          }),
        ],
      }),
    );
  }

  #tellQueueAge(region: string): string[] {
    const service = `[Service]\nType=oneshot\nDynamicUser=yes\nEnvironment=PATH=/usr/bin:/bin:/snap/bin HOME=/tmp\nPrivateTmp=yes\nExecStart=/usr/local/bin/narwhal-queue-age ${region}\n`;
    const timer = '[Timer]\nOnCalendar=minutely\n[Install]\nWantedBy=timers.target\n';
    return [
      ...this.#write('/usr/local/bin/narwhal-queue-age', asset('queue-age.sh')),
      'chmod 755 /usr/local/bin/narwhal-queue-age',
      ...this.#write('/etc/systemd/system/narwhal-queue-age.service', service),
      ...this.#write('/etc/systemd/system/narwhal-queue-age.timer', timer),
      'systemctl enable --now narwhal-queue-age.timer',
    ];
  }

  #write(file: string, text: string): string[] {
    return [`cat > ${file} <<'END_OF_FILE'`, text.replace(/\n$/, ''), 'END_OF_FILE'];
  }
}

/** What machine/settings.mjs reads. Names of secrets only. */
function plan({ settings, store, secrets, database, redis }: Parts): Record<string, unknown> {
  const { main, queue, clustered } = redis;
  const address = (host: string, port: string) => `${host}:${port}`;
  return {
    region: settings.region,
    domain: settings.domain,
    mediaDomain: `media.${settings.domain}`,
    bucket: store.photos.bucketName,
    poolHost: database.proxy.endpoint,
    primaryHost: database.primary.dbInstanceEndpointAddress,
    redis: clustered
      ? address(main.attrConfigurationEndPointAddress, main.attrConfigurationEndPointPort)
      : address(main.attrPrimaryEndPointAddress, main.attrPrimaryEndPointPort),
    redisCluster: clustered,
    redisQueue: queue && address(queue.attrPrimaryEndPointAddress, queue.attrPrimaryEndPointPort),
    secrets: {
      database: database.primary.secret?.secretArn,
      tokenKeys: secrets.tokenKeys.secretArn,
      mediaKeys: secrets.mediaKeys.secretArn,
      redisPassword: secrets.redisPassword.secretArn,
    },
  };
}
