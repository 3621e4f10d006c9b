import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { InstanceType, SubnetType } from 'aws-cdk-lib/aws-ec2';
import {
  CaCertificate,
  ClientPasswordAuthType,
  Credentials,
  DatabaseInstance,
  DatabaseInstanceEngine,
  DatabaseInstanceReadReplica,
  DatabaseProxy,
  ParameterGroup,
  PostgresEngineVersion,
  ProxyTarget,
  StorageType,
} from 'aws-cdk-lib/aws-rds';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { Network } from './network.ts';
import type { Settings } from './settings.ts';

const engine = DatabaseInstanceEngine.postgres({ version: PostgresEngineVersion.VER_17_6 });

/** The truth: a primary whose standby in another zone takes over by itself, a replica, and a pool before the primary. */
export class PostgreSql extends Construct {
  readonly primary: DatabaseInstance;
  readonly replica: DatabaseInstanceReadReplica;
  readonly proxy: DatabaseProxy;

  constructor(scope: Construct, settings: Settings, network: Network, servingRole: ISecret) {
    super(scope, 'PostgreSql');
    this.primary = this.#primary(settings, network);
    this.replica = this.#replica(settings, network);
    const { secret } = this.primary;
    if (!secret) throw new Error('expected a primary with credentials but it has none');
    this.proxy = new DatabaseProxy(this, 'Pool', {
      proxyTarget: ProxyTarget.fromInstance(this.primary),
      secrets: [secret, servingRole],
      vpc: network.vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
      securityGroups: [network.proxy],
      clientPasswordAuthType: ClientPasswordAuthType.POSTGRES_SCRAM_SHA_256,
      requireTLS: true,
      maxConnectionsPercent: 80,
      borrowTimeout: Duration.seconds(5),
      idleClientTimeout: Duration.minutes(30),
    });
  }

  #primary({ size }: Settings, network: Network): DatabaseInstance {
    return new DatabaseInstance(this, 'Primary', {
      engine,
      instanceType: new InstanceType(size.database.instance),
      vpc: network.vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
      securityGroups: [network.database],
      credentials: Credentials.fromGeneratedSecret('narwhal', {
        excludeCharacters: ' %+~`#$&*()|[]{}:;<>?!\'/@"\\',
      }),
      databaseName: 'narwhal',
      multiAz: true,
      storageType: StorageType.GP3,
      allocatedStorage: size.database.storageGiB,
      maxAllocatedStorage: size.database.largestStorageGiB,
      storageEncrypted: true,
      caCertificate: CaCertificate.RDS_CA_RSA2048_G1,
      parameterGroup: this.#parameters(),
      backupRetention: Duration.days(14),
      preferredBackupWindow: '03:00-04:00',
      copyTagsToSnapshot: true,
      deletionProtection: true,
      removalPolicy: RemovalPolicy.SNAPSHOT,
      iamAuthentication: true,
      enablePerformanceInsights: true,
      cloudwatchLogsExports: ['postgresql', 'upgrade'],
      autoMinorVersionUpgrade: true,
    });
  }

  /** Time-outs are the server's: behind a pool a SET would land on somebody else's connection. */
  #parameters(): ParameterGroup {
    return new ParameterGroup(this, 'Parameters', {
      engine,
      parameters: {
        'rds.force_ssl': '1',
        idle_in_transaction_session_timeout: '60000',
        log_min_duration_statement: '500',
        log_lock_waits: '1',
      },
    });
  }

  #replica({ size }: Settings, network: Network): DatabaseInstanceReadReplica {
    return new DatabaseInstanceReadReplica(this, 'Replica', {
      sourceDatabaseInstance: this.primary,
      instanceType: new InstanceType(size.database.instance),
      vpc: network.vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
      securityGroups: [network.database],
      // Encrypted by its source's key, which CloudFormation will not hear said twice.
      deletionProtection: true,
      iamAuthentication: true,
      enablePerformanceInsights: true,
      cloudwatchLogsExports: ['postgresql'],
    });
  }
}
