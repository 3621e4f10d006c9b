import type { IKeyValueStore } from 'aws-cdk-lib/aws-cloudfront';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Journal } from './agent.ts';
import type { PostgreSql } from './database.ts';
import type { Network } from './network.ts';
import type { Redis } from './redis.ts';
import type { Secrets } from './secrets.ts';
import type { Settings } from './settings.ts';
import type { Store } from './store.ts';

/** The network and the stores that machines need. */
export interface Parts {
  settings: Settings;
  network: Network;
  store: Store;
  secrets: Secrets;
  database: PostgreSql;
  redis: Redis;
  alerts: ITopic;
  journal: Journal;
  /** CloudFront's copy of the keyring of media URLs. */
  mediaKeys: IKeyValueStore;
}
