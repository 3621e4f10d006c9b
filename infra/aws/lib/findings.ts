import { Token, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { NarwhalStack } from './narwhal-stack.ts';

/** One rule of cdk-nag's AwsSolutions that does not hold somewhere, and why that is right. */
interface Finding {
  /** Paths below the stack. */
  at: string[];
  rules: string[];
  reason: string;
}

const machines = ['Web/Machines', 'Workers/Machines'];

/** Every finding that is left, and no other: one more fails the synthesis, and one that is mended shows in the tests. */
export const findings: readonly Finding[] = [
  {
    at: ['Network/LoadBalancer'],
    rules: ['EC23'],
    reason: 'The load balancer is where the whole world comes in; nothing else is open to it.',
  },
  {
    at: ['Secrets/TokenKeys', 'Secrets/MediaKeys'],
    rules: ['SMG4'],
    reason:
      'A keyring turns in three steps days apart (add, promote, remove), or everybody is signed out and every URL ends; docs/aws.md says how.',
  },
  {
    at: ['Secrets/RedisPassword', 'Secrets/DatabaseRole', 'PostgreSql/Primary/Secret'],
    rules: ['SMG4'],
    reason:
      'Machines read passwords when they are made and live for 30 days at most: one that turned by itself would lock them out. docs/aws.md says how to turn it.',
  },
  {
    at: ['PostgreSql/Primary', 'PostgreSql/Replica'],
    rules: ['RDS11'],
    reason:
      'The subnets have no way in from outside; another port would hide nothing from whoever is inside.',
  },
  {
    at: ['PostgreSql/Replica'],
    rules: ['RDS2'],
    reason: 'A replica is encrypted as its source is; CloudFormation refuses to hear it said again.',
  },
  {
    at: ['PostgreSql/Replica'],
    rules: ['RDS3'],
    reason: 'The primary has a standby in another zone; the replica is what may be lost and made anew.',
  },
  {
    at: machines,
    rules: ['AS3'],
    reason:
      'Growing and shrinking is what the groups are for and wakes nobody; failures to start or stop a machine are told.',
  },
  {
    at: machines.map((path) => `${path}/Role`),
    rules: ['IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/AmazonSSMManagedInstanceCore]'],
    reason:
      'What Session Manager needs, kept by AWS as the agent changes; it stands in for SSH and its open port.',
  },
  {
    at: ['Backups/Role'],
    rules: ['ForBackup', 'ForRestores', 'ForS3Backup', 'ForS3Restore'].map(
      (name) =>
        `IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/${name.includes('S3') ? '' : 'service-role/'}AWSBackupServiceRolePolicy${name}]`,
    ),
    reason:
      'What AWS Backup says it needs; a copy of ours would fall behind and a backup would silently stop.',
  },
  {
    at: machines.map((path) => `${path}/Role`),
    rules: ['IAM5[Resource::*]'],
    reason: 'PutMetricData knows no resources; a condition holds it to the namespace Narwhal.',
  },
  {
    at: ['Media/Distribution'],
    rules: ['CFR1', 'CFR2'],
    reason:
      'Who may see a picture is decided by its signed URL, not by country; and a firewall would read what carries no input but that URL.',
  },
];

/** Findings whose place or name is known only once the stack is made: CDK makes up logical ids. */
function ofThisStack(stack: NarwhalStack): Finding[] {
  const { region, stackName } = stack;
  // As cdk-nag writes an account that is not known yet.
  const account = Token.isUnresolved(stack.account) ? '<AWS::AccountId>' : stack.account;
  const { photos, releases } = stack.parts.store;
  const arnOf = (bucket: IConstruct) => stack.getLogicalId(bucket.node.defaultChild as never);
  return [
    {
      at: Object.keys(stack.parts.redis.groups).map((name) => `Redis/${name}`),
      rules: ['AEC5'],
      reason:
        'The subnets have no way in from outside; another port would hide nothing from whoever is inside.',
    },
    {
      at: machines.map((path) => `${path}/Role`),
      rules: [
        `IAM5[Resource::<${arnOf(photos)}.Arn>/*]`,
        `IAM5[Resource::<${arnOf(releases)}.Arn>/narwhal_*]`,
      ],
      reason: 'Keys of photos are random and versions of packages are many; both buckets hold nothing else.',
    },
    {
      at: machines.map((path) => `${path}/Role`),
      rules: [`IAM5[Resource::arn:aws:cloudformation:${region}:${account}:stack/${stackName}/*]`],
      reason: 'The id at the end of the ARN of this very stack is not known before it is made.',
    },
  ];
}

/** How many places carry a reason: tests hold it against what cdk-nag finds. */
export function countAcknowledged(stack: NarwhalStack): number {
  return [...findings, ...ofThisStack(stack)].reduce(
    (sum, { at, rules }) => sum + at.length * rules.length,
    0,
  );
}

function inside(scope: IConstruct, path: string): IConstruct {
  return path.split('/').reduce((node, id) => node.node.findChild(id), scope);
}

/** Gives each finding its reason, where it stands. */
export function acknowledgeFindings(stack: NarwhalStack): void {
  for (const { at, rules, reason } of [...findings, ...ofThisStack(stack)]) {
    for (const path of at) {
      for (const rule of rules) {
        Validations.of(inside(stack, path)).acknowledge({ id: `AwsSolutions-${rule}`, reason });
      }
    }
  }
}
