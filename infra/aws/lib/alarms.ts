import { Duration } from 'aws-cdk-lib';
import { Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { HttpCodeElb, HttpCodeTarget } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Alerts } from './alerts.ts';
import type { PostgreSql } from './database.ts';
import type { Redis } from './redis.ts';
import type { Web } from './web.ts';
import type { Workers } from './workers.ts';

const minute = { period: Duration.minutes(1) };
const worst = { ...minute, statistic: Stats.MAXIMUM };

/** Faults that clients notice. */
export function watchWeb(alerts: Alerts, { loadBalancer, targets, machines }: Web): void {
  alerts.watch('NoWeb', {
    what: 'No NGINX answers its health check: every client is refused. Look at the web group and at /health/ready.',
    metric: targets.metrics.healthyHostCount({ ...minute, statistic: Stats.MINIMUM }),
    threshold: 1,
    periods: 1,
    when: 'below',
    missing: TreatMissingData.BREACHING,
  });
  alerts.watch('UnhealthyWeb', {
    what: 'A web machine fails its health check and is not replaced. Look at the group and at `narwhal doctor` on the machine.',
    metric: targets.metrics.unhealthyHostCount(worst),
    threshold: 0,
    periods: 15,
  });
  alerts.watch('Errors', {
    what: 'More than 20 answers a minute are 5xx. Look at the journal of narwhal-api@* for "level":"error".',
    metric: targets.metrics.httpCodeTarget(HttpCodeTarget.TARGET_5XX_COUNT, {
      ...minute,
      statistic: Stats.SUM,
    }),
    threshold: 20,
    periods: 3,
  });
  alerts.watch('LoadBalancerErrors', {
    what: 'The load balancer itself answers 5xx: no machine takes its requests. Look at the web group.',
    metric: loadBalancer.metrics.httpCodeElb(HttpCodeElb.ELB_5XX_COUNT, { ...minute, statistic: Stats.SUM }),
    threshold: 20,
    periods: 3,
  });
  alerts.watch('SlowAnswers', {
    what: 'One answer in a hundred takes longer than 2 s. Look at PostgreSQL (slow queries) and at the web machines (CPU).',
    metric: targets.metrics.targetResponseTime({ ...minute, statistic: Stats.percentile(99) }),
    threshold: 2,
    periods: 5,
  });
  alerts.watch('WebCpu', {
    what: 'The web machines are busy and the group is at its most. Raise `most` in lib/sizes.ts.',
    metric: new Metric({
      namespace: 'AWS/EC2',
      metricName: 'CPUUtilization',
      dimensionsMap: { AutoScalingGroupName: machines.group.autoScalingGroupName },
      ...minute,
    }),
    threshold: 85,
    periods: 15,
  });
}

/** What EC2 does not know of its machines, as the agent on them tells it. */
export function watchMachines(alerts: Alerts): void {
  for (const [role, name] of [
    ['web', 'Web'],
    ['worker', 'Workers'],
  ] as const) {
    const metric = (metricName: string) =>
      new Metric({ namespace: 'Narwhal', metricName, dimensionsMap: { role }, ...worst });
    alerts.watch(`${name}Disk`, {
      what: `A ${role} machine's disk is nearly full. Look at /var/log and /var/cache/narwhal there, or end the machine: another comes.`,
      metric: metric('disk_used_percent'),
      threshold: 85,
      periods: 5,
    });
    alerts.watch(`${name}Memory`, {
      what: `A ${role} machine has hardly any memory left. Take the next instance in lib/sizes.ts, or lower DEVELOP_CONCURRENCY.`,
      metric: metric('mem_used_percent'),
      threshold: 92,
      periods: 5,
    });
  }
}

export function watchWorkers(alerts: Alerts, { oldestPending }: Workers): void {
  alerts.watch('LateWork', {
    what: 'Photos or posts have waited for more than 10 minutes. Look at narwhal_pending by kind on a worker, and at its journal.',
    metric: oldestPending,
    threshold: 600,
    periods: 5,
  });
  alerts.watch('NoWorkers', {
    what: 'No worker has told how old its queue is for 5 minutes: none runs, or none reaches PostgreSQL.',
    metric: new Metric({
      namespace: 'Narwhal',
      metricName: 'OldestPending',
      statistic: Stats.SAMPLE_COUNT,
      ...minute,
    }),
    threshold: 1,
    periods: 5,
    when: 'below',
    missing: TreatMissingData.BREACHING,
  });
}

const gibibyte = 1024 ** 3;

export function watchDatabase(alerts: Alerts, { primary, replica }: PostgreSql): void {
  alerts.watch('DatabaseCpu', {
    what: 'PostgreSQL is busy. Look at Performance Insights for the query, then at the next size.',
    metric: primary.metricCPUUtilization(minute),
    threshold: 85,
    periods: 10,
  });
  alerts.watch('DatabaseSpace', {
    what: 'PostgreSQL has less than 10 GiB left and has reached its largest size. Raise largestStorageGiB.',
    metric: primary.metricFreeStorageSpace({ ...minute, statistic: Stats.MINIMUM }),
    threshold: 10 * gibibyte,
    periods: 5,
    when: 'below',
  });
  alerts.watch('DatabaseMemory', {
    what: 'PostgreSQL has less than 200 MiB of memory left. Look at the number of connections, then at the next size.',
    metric: primary.metricFreeableMemory({ ...minute, statistic: Stats.MINIMUM }),
    threshold: gibibyte / 5,
    periods: 10,
    when: 'below',
  });
  alerts.watch('ReplicaLag', {
    what: 'The replica is more than a minute behind. Look at its CPU and at long queries on it.',
    metric: replica.metric('ReplicaLag', worst),
    threshold: 60,
    periods: 10,
  });
}

export function watchRedis(alerts: Alerts, redis: Redis): void {
  for (const [name, group] of Object.entries(redis.groups)) {
    const metric = (metricName: string, statistic: string) =>
      new Metric({
        namespace: 'AWS/ElastiCache',
        metricName,
        statistic,
        dimensionsMap: { ReplicationGroupId: group.ref },
        ...minute,
      });
    alerts.watch(`Redis${name}Memory`, {
      what: 'Redis is nearly full, and refuses writes when it is. Take the next node, or another shard.',
      metric: metric('DatabaseMemoryUsagePercentage', Stats.MAXIMUM),
      threshold: 80,
      periods: 10,
    });
    alerts.watch(`Redis${name}Cpu`, {
      what: 'Redis, which has one thread, is busy. Take another shard (redisCluster) or the next node.',
      metric: metric('EngineCPUUtilization', Stats.MAXIMUM),
      threshold: 80,
      periods: 10,
    });
  }
}
