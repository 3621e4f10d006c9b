import { readFileSync } from 'node:fs';
import { RemovalPolicy } from 'aws-cdk-lib';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

/** Where what machines say goes, since they themselves are replaced: a line each of JSON, kept for 30 days. */
export class Journal extends Construct {
  readonly group: LogGroup;

  constructor(scope: Construct) {
    super(scope, 'Journal');
    this.group = new LogGroup(this, 'Group', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }
}

/** Takes the agent's lines from the journal into a file by rsyslog, and keeps that file small. */
export const rsyslog = readFileSync(new URL('../machine/rsyslog.conf', import.meta.url), 'utf8');
export const logrotate = readFileSync(new URL('../machine/logrotate.conf', import.meta.url), 'utf8');

const NGINX_ERRORS = '/var/lib/narwhal/nginx/error.log';

/**
 * What CloudWatch's agent is told: both logs, and what EC2 does not tell by itself, memory and the disk. Figures carry the
 * machine's role and not its name: names come and go, and each would be paid for.
 */
export function agentConfiguration(role: string, logGroup: string): Record<string, unknown> {
  const stream = (file_path: string, name: string) => ({
    file_path,
    log_group_name: logGroup,
    log_stream_name: `${role}/{instance_id}/${name}`,
  });
  const append_dimensions = { role };
  return {
    agent: { run_as_user: 'root', omit_hostname: true, metrics_collection_interval: 60 },
    logs: {
      logs_collected: {
        files: {
          collect_list: [
            stream('/var/log/narwhal.log', 'narwhal'),
            ...(role === 'web' ? [stream(NGINX_ERRORS, 'nginx')] : []),
          ],
        },
      },
    },
    metrics: {
      namespace: 'Narwhal',
      aggregation_dimensions: [['role']],
      metrics_collected: {
        mem: { measurement: ['mem_used_percent'], append_dimensions },
        disk: {
          measurement: ['disk_used_percent'],
          resources: ['/'],
          drop_device: true,
          append_dimensions,
        },
      },
    },
  };
}
