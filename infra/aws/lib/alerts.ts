import { CfnParameter } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, TreatMissingData, type IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { SubscriptionProtocol, Topic } from 'aws-cdk-lib/aws-sns';
import { UrlSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';

export interface AlarmRule {
  /** One sentence for whoever is woken, with what to look at. */
  what: string;
  metric: IMetric;
  threshold: number;
  /** The metric's periods that have to be bad before anybody is woken. */
  periods: number;
  /** `below` for what must not fall; `above` otherwise. */
  when?: 'above' | 'below';
  /** The meaning of no figure at all: usually its source is down. */
  missing?: TreatMissingData;
}

/** Where alarms of one region go: a topic that PagerDuty listens to. */
export class Alerts extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct) {
    super(scope, 'Alerts');
    const url = new CfnParameter(this, 'PagerDutyUrl', {
      description: 'https://events.pagerduty.com/integration/KEY/enqueue, of a CloudWatch integration',
      allowedPattern: '^https://.+',
      noEcho: true,
    });
    // Typed by people: without the digits that CDK would put behind it.
    url.overrideLogicalId('PagerDutyUrl');
    const key = new Key(this, 'Key', { description: 'Alarms on their way', enableKeyRotation: true });
    for (const service of ['cloudwatch.amazonaws.com', 'autoscaling.amazonaws.com']) {
      key.grantEncryptDecrypt(new ServicePrincipal(service));
    }
    this.topic = new Topic(this, 'Topic', { displayName: 'Narwhal', masterKey: key, enforceSSL: true });
    this.topic.grantPublish(new ServicePrincipal('cloudwatch.amazonaws.com'));
    this.topic.addSubscription(
      new UrlSubscription(url.valueAsString, { protocol: SubscriptionProtocol.HTTPS }),
    );
  }

  /** An alarm opens an incident, and its end closes the same incident. */
  watch(name: string, rule: AlarmRule): Alarm {
    const alarm = new Alarm(this, name, {
      alarmDescription: rule.what,
      metric: rule.metric,
      threshold: rule.threshold,
      evaluationPeriods: rule.periods,
      comparisonOperator:
        rule.when === 'below'
          ? ComparisonOperator.LESS_THAN_THRESHOLD
          : ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: rule.missing ?? TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(this.topic));
    alarm.addOkAction(new SnsAction(this.topic));
    return alarm;
  }
}
