import { CfnParameterGroup, CfnReplicationGroup, CfnSubnetGroup } from 'aws-cdk-lib/aws-elasticache';
import { Construct } from 'constructs';
import type { Network } from './network.ts';
import type { Secrets } from './secrets.ts';
import type { Settings } from './settings.ts';

interface Group {
  description: string;
  shards: number;
}

/**
 * Fast data that may be lost. Each shard has a primary and a replica in another zone that takes over by itself. With
 * `redisCluster` feeds and counts spread over shards; the queue's scripts take keys of no common slot, so it has a group of its own.
 */
export class Redis extends Construct {
  readonly main: CfnReplicationGroup;
  readonly queue?: CfnReplicationGroup;
  readonly clustered: boolean;
  readonly #subnets: CfnSubnetGroup;
  readonly #common: { settings: Settings; network: Network; secrets: Secrets };

  constructor(scope: Construct, settings: Settings, network: Network, secrets: Secrets) {
    super(scope, 'Redis');
    this.#common = { settings, network, secrets };
    this.#subnets = new CfnSubnetGroup(this, 'Subnets', {
      description: 'Where Redis runs',
      subnetIds: network.vpc.isolatedSubnets.map(({ subnetId }) => subnetId),
    });
    this.clustered = settings.redisCluster;
    const shards = this.clustered ? settings.size.redis.shards : 1;
    this.main = this.#group('Main', { description: 'Feeds, counts, sessions, rate limits', shards });
    if (this.clustered) this.queue = this.#group('Queue', { description: 'The queue of jobs', shards: 1 });
  }

  /** Every group, by the name that alarms give it. */
  get groups(): Record<string, CfnReplicationGroup> {
    return this.queue ? { Main: this.main, Queue: this.queue } : { Main: this.main };
  }

  #group(name: string, { description, shards }: Group): CfnReplicationGroup {
    const { settings, network, secrets } = this.#common;
    const cluster = shards > 1;
    return new CfnReplicationGroup(this, name, {
      replicationGroupDescription: description,
      engine: 'redis',
      engineVersion: '7.1',
      cacheNodeType: settings.size.redis.node,
      // The parameter group that says noeviction has to be ours: a queue whose jobs are evicted stands still.
      cacheParameterGroupName: this.#parameters(name, cluster),
      numNodeGroups: shards,
      replicasPerNodeGroup: 1,
      automaticFailoverEnabled: true,
      multiAzEnabled: true,
      cacheSubnetGroupName: this.#subnets.ref,
      securityGroupIds: [network.redis.securityGroupId],
      atRestEncryptionEnabled: true,
      transitEncryptionEnabled: true,
      authToken: secrets.redisPassword.secretValue.unsafeUnwrap(),
      autoMinorVersionUpgrade: true,
      // Redis may be emptied at any moment: a snapshot only makes the return after a lost group quicker.
      snapshotRetentionLimit: 1,
    });
  }

  #parameters(name: string, cluster: boolean): string {
    const properties = { 'maxmemory-policy': 'noeviction', ...(cluster ? { 'cluster-enabled': 'yes' } : {}) };
    return new CfnParameterGroup(this, `${name}Parameters`, {
      cacheParameterGroupFamily: 'redis7',
      description: `What Narwhal asks of Redis: ${name}`,
      properties,
    }).ref;
  }
}
