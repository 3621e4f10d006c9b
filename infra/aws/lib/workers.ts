import { Duration } from 'aws-cdk-lib';
import { AdjustmentType } from 'aws-cdk-lib/aws-autoscaling';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { MachineGroup } from './machine.ts';
import type { Parts } from './parts.ts';

/** Machines that develop photos and deliver posts. Nobody waits at them, so that they grow by how long work has waited. */
export class Workers extends Construct {
  readonly machines: MachineGroup;
  /** Seconds that the oldest row has waited for later work, as machine/queue-age.sh tells it. */
  readonly oldestPending = new Metric({
    namespace: 'Narwhal',
    metricName: 'OldestPending',
    statistic: Stats.MAXIMUM,
    period: Duration.minutes(1),
  });

  constructor(scope: Construct, parts: Parts) {
    super(scope, 'Workers');
    const { network, settings } = parts;
    this.machines = new MachineGroup(
      this,
      'Machines',
      { role: 'worker', size: settings.size.worker, group: network.worker, balanced: false },
      parts,
    );
    this.machines.group.scaleOnMetric('Age', {
      metric: this.oldestPending,
      adjustmentType: AdjustmentType.CHANGE_IN_CAPACITY,
      // One quick or slow minute says little.
      evaluationPeriods: 3,
      estimatedInstanceWarmup: Duration.minutes(3),
      scalingSteps: [
        { upper: 5, change: -1 },
        { lower: 30, change: 1 },
        { lower: 120, change: 3 },
      ],
    });
  }
}
