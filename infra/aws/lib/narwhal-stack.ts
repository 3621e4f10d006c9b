import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { Certificate, CertificateValidation } from 'aws-cdk-lib/aws-certificatemanager';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import type { Construct } from 'constructs';
import { watchDatabase, watchMachines, watchRedis, watchWeb, watchWorkers } from './alarms.ts';
import { Alerts } from './alerts.ts';
import { Journal } from './agent.ts';
import { Backups } from './backups.ts';
import { PostgreSql } from './database.ts';
import type { EdgeStack } from './edge-stack.ts';
import { Media } from './media.ts';
import { Names } from './names.ts';
import { Network } from './network.ts';
import type { Parts } from './parts.ts';
import { Redis } from './redis.ts';
import { Secrets } from './secrets.ts';
import type { Settings } from './settings.ts';
import { Store } from './store.ts';
import { Web } from './web.ts';
import { Workers } from './workers.ts';

/** All of Narwhal in one region. docs/aws.md says what each part is in Instagram's list, and what it costs. */
export class NarwhalStack extends Stack {
  readonly parts: Parts;

  constructor(scope: Construct, settings: Settings, edge: EdgeStack, props: StackProps) {
    super(scope, 'Narwhal', props);
    const zone = HostedZone.fromHostedZoneAttributes(this, 'Zone', {
      hostedZoneId: settings.zoneId,
      zoneName: settings.zoneName,
    });
    const certificate = new Certificate(this, 'Certificate', {
      domainName: settings.domain,
      validation: CertificateValidation.fromDns(zone),
    });
    const alerts = new Alerts(this);
    const store = new Store(this, settings);
    const media = new Media(this, `media.${settings.domain}`, edge.mediaCertificate, store);
    const parts = this.#parts(settings, alerts, media, store);
    this.parts = parts;
    const web = new Web(this, parts, certificate);
    const workers = new Workers(this, parts);
    const { loadBalancer } = web;
    new Names(this, zone, {
      domain: settings.domain,
      loadBalancer,
      media: media.distribution,
      healthCheckId: edge.healthCheck.attrHealthCheckId,
    });
    new Backups(this, parts.database, parts.store);
    watchWeb(alerts, web);
    watchWorkers(alerts, workers);
    watchDatabase(alerts, parts.database);
    watchRedis(alerts, parts.redis);
    watchMachines(alerts);
    this.#tell(parts);
  }

  #parts(settings: Settings, alerts: Alerts, media: Media, store: Store): Parts {
    const journal = new Journal(this);
    const network = new Network(this, settings, store.logs);
    const secrets = new Secrets(this);
    const database = new PostgreSql(this, settings, network, secrets.databaseRole);
    const redis = new Redis(this, settings, network, secrets);
    return {
      settings,
      network,
      store,
      secrets,
      database,
      redis,
      alerts: alerts.topic,
      journal,
      mediaKeys: media.keys,
    };
  }

  /** Values that an operator needs by hand, once: see docs/aws.md. */
  #tell({ store, secrets, journal, mediaKeys }: Parts): void {
    new CfnOutput(this, 'ReleasesBucket', { value: store.releases.bucketName });
    new CfnOutput(this, 'MediaKeysSecret', { value: secrets.mediaKeys.secretArn });
    new CfnOutput(this, 'MediaKeysStore', { value: mediaKeys.keyValueStoreArn });
    new CfnOutput(this, 'JournalGroup', { value: journal.group.logGroupName });
  }
}
