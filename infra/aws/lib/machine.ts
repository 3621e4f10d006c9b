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
import { commands, PATIENCE } from './user-data.ts';

const ubuntu = '/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id';

export interface Kind {
  /** As `narwhal setup` calls it. */
  role: 'web' | 'worker';
  size: { instance: string; least: number; most: number };
  group: ISecurityGroup;
  /** How many machines may be missing while a new version rolls over them. */
  balanced: boolean;
}

/** Machines of one kind: bare Ubuntu that installs Narwhal's package, and is replaced when it fails, never mended. */
export class MachineGroup extends Construct {
  readonly group: AutoScalingGroup;
  readonly role: Role;

  constructor(scope: Construct, id: string, kind: Kind, parts: Parts) {
    super(scope, id);
    this.role = this.#role(kind, parts);
    // Judged before it is set up, it would be replaced, and so would the next.
    const gracePeriod = Duration.minutes(PATIENCE + 5);
    const setUp = Duration.minutes(PATIENCE + 15);
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
            gracePeriod,
          })
        : HealthChecks.ec2({ gracePeriod }),
      // A machine counts once `narwhal setup` has said that all its services are ready.
      signals: Signals.waitForMinCapacity({ timeout: setUp }),
      updatePolicy: UpdatePolicy.rollingUpdate({
        maxBatchSize: 1,
        minInstancesInService: kind.size.least,
        minSuccessPercentage: 100,
        pauseTime: setUp,
      }),
      notifications: [{ topic: parts.alerts, scalingEvents: ScalingEvents.ERRORS }],
      groupMetrics: [GroupMetrics.all()],
      maxInstanceLifetime: Duration.days(30),
    });
    userData.addCommands(...commands(kind, parts, this.group.node.defaultChild as CfnAutoScalingGroup));
    this.#letSignal();
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

  /** The rights of a machine; no shell from outside but Session Manager, which records who did what. */
  #role(kind: Kind, { store, secrets, database, journal, mediaKeys }: Parts): Role {
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
      secrets.databaseRole,
      database.primary.secret,
    ]) {
      secret?.grantRead(role);
    }
    journal.group.grant(role, 'logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents');
    if (kind.role === 'web') {
      allow(
        ['DescribeKeyValueStore', 'GetKey', 'PutKey'].map((name) => `cloudfront-keyvaluestore:${name}`),
        [mediaKeys.keyValueStoreArn],
      );
    }
    const condition = { StringEquals: { 'cloudwatch:namespace': 'Narwhal' } };
    role.addToPolicy(
      new PolicyStatement({ actions: ['cloudwatch:PutMetricData'], resources: ['*'], conditions: condition }),
    );
    return role;
  }

  /** A machine says itself whether it serves, and for its own group only. */
  #letSignal(): void {
    const stack = Stack.of(this);
    const resourceName = `${stack.stackName}/*`;
    this.role.addToPolicy(
      new PolicyStatement({
        actions: ['cloudformation:SignalResource'],
        resources: [stack.formatArn({ service: 'cloudformation', resource: 'stack', resourceName })],
      }),
    );
  }
}
