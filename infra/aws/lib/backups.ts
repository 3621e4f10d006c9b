import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { BackupPlan, BackupPlanRule, BackupResource, BackupVault } from 'aws-cdk-lib/aws-backup';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { PostgreSql } from './database.ts';
import type { Store } from './store.ts';

/**
 * Besides RDS's own (14 days, to any second) and S3's old versions: a day's state of both for 35 days and a month's for a
 * year, in a vault that outlives the stack and lets nobody shorten what it keeps to less than a week.
 */
export class Backups extends Construct {
  constructor(scope: Construct, database: PostgreSql, store: Store) {
    super(scope, 'Backups');
    const vault = new BackupVault(this, 'Vault', {
      encryptionKey: new Key(this, 'Key', { description: 'Backups', enableKeyRotation: true }),
      removalPolicy: RemovalPolicy.RETAIN,
      lockConfiguration: { minRetention: Duration.days(7) },
    });
    const plan = new BackupPlan(this, 'Plan', { backupVault: vault });
    const rule = (ruleName: string, cron: Parameters<typeof Schedule.cron>[0], days: number) =>
      plan.addRule(
        new BackupPlanRule({
          ruleName,
          scheduleExpression: Schedule.cron(cron),
          deleteAfter: Duration.days(days),
        }),
      );
    rule('daily', { hour: '4', minute: '30' }, 35);
    rule('monthly', { day: '1', hour: '5', minute: '30' }, 365);
    const managed = ['ForBackup', 'ForRestores'].map(
      (name) => `service-role/AWSBackupServiceRolePolicy${name}`,
    );
    const managedForS3 = ['ForS3Backup', 'ForS3Restore'].map((name) => `AWSBackupServiceRolePolicy${name}`);
    plan.addSelection('All', {
      role: new Role(this, 'Role', {
        assumedBy: new ServicePrincipal('backup.amazonaws.com'),
        managedPolicies: [...managed, ...managedForS3].map((name) =>
          ManagedPolicy.fromAwsManagedPolicyName(name),
        ),
      }),
      resources: [
        BackupResource.fromRdsDatabaseInstance(database.primary),
        BackupResource.fromArn(store.photos.bucketArn),
      ],
    });
  }
}
