import { readFileSync } from 'node:fs';
import { CfnAutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import { Stack } from 'aws-cdk-lib';
import { agentConfiguration, logrotate, rsyslog } from './agent.ts';
import type { Kind } from './machine.ts';
import type { Parts } from './parts.ts';

const asset = (name: string): string => readFileSync(new URL(`../machine/${name}`, import.meta.url), 'utf8');

/** Minutes that a new machine waits for its package: on the first deployment it is copied meanwhile. */
export const PATIENCE = 15;

function write(file: string, text: string): string[] {
  return [`cat > ${file} <<'END_OF_FILE'`, text.replace(/\n$/, ''), 'END_OF_FILE'];
}

/**
 * The whole life of a machine: fetch, install, be told, serve, say so. A failed step is signalled, so that a deployment
 * stops at once, and switches the machine off ten minutes later, so that the group makes another.
 */
export function commands(kind: Kind, parts: Parts, group: CfnAutoScalingGroup): string[] {
  return [
    ...awaken(Stack.of(group), group.logicalId),
    ...install(kind, parts),
    ...configure(Stack.of(group), parts),
    ...ship(kind, parts),
    ...(kind.role === 'worker' ? tellQueueAge(parts.settings.region) : openEdge(parts)),
    `narwhal setup ${kind.role}`,
    'signal SUCCESS',
  ];
}

function awaken({ region, stackName }: Stack, logicalId: string): string[] {
  return [
    'set -euo pipefail',
    'export DEBIAN_FRONTEND=noninteractive',
    'snap install aws-cli --classic',
    'export PATH="$PATH:/snap/bin"',
    'token=$(curl -sf -X PUT -H "X-aws-ec2-metadata-token-ttl-seconds: 300" http://169.254.169.254/latest/api/token)',
    'instance=$(curl -sf -H "X-aws-ec2-metadata-token: $token" http://169.254.169.254/latest/meta-data/instance-id)',
    `signal() { aws cloudformation signal-resource --region ${region} --stack-name ${stackName} --logical-resource-id ${logicalId} --unique-id "$instance" --status "$1"; }`,
    `trap 'signal FAILURE || true; shutdown -h +10 "not set up: this machine is replaced"' ERR`,
  ];
}

function install({ role }: Kind, { settings, store }: Parts): string[] {
  const file = `narwhal_${settings.version}_amd64.deb`;
  const source = `s3://${store.releases.bucketName}/${file}`;
  return [
    `for try in $(seq ${PATIENCE * 6}); do aws s3 cp --only-show-errors ${source} /var/tmp/${file} && break; sleep 10; done`,
    'apt-get -q update -o DPkg::Lock::Timeout=300',
    `apt-get -q install -y -o DPkg::Lock::Timeout=300 --no-install-recommends rsyslog logrotate ${role === 'web' ? 'nginx ' : ''}/var/tmp/${file}`,
  ];
}

function configure(stack: Stack, parts: Parts): string[] {
  return [
    'curl -sf --retry 5 -o /etc/narwhal/rds.pem https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem',
    ...write('/run/narwhal-plan.json', stack.toJsonString(plan(parts))),
    ...write('/run/narwhal-settings.mjs', asset('settings.mjs')),
    'install -m 640 -g narwhal /dev/null /etc/narwhal/local.env',
    '/usr/lib/narwhal/node/bin/node /run/narwhal-settings.mjs /run/narwhal-plan.json > /etc/narwhal/local.env',
  ];
}

/** Logs and figures go to CloudWatch: a machine that is replaced takes nothing with it. */
function ship({ role }: Kind, { settings: { region }, journal }: Parts): string[] {
  const agent = `https://amazoncloudwatch-agent-${region}.s3.${region}.amazonaws.com/ubuntu/amd64/latest/amazon-cloudwatch-agent.deb`;
  const configuration = agentConfiguration(role, journal.group.logGroupName);
  return [
    ...write('/etc/rsyslog.d/30-narwhal.conf', rsyslog),
    ...write('/etc/logrotate.d/narwhal-log', logrotate),
    'systemctl restart rsyslog',
    `curl -sf --retry 5 -o /var/tmp/agent.deb ${agent}`,
    'apt-get -q install -y -o DPkg::Lock::Timeout=300 /var/tmp/agent.deb',
    ...write('/run/agent.json', Stack.of(journal).toJsonString(configuration)),
    '/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -s -c file:/run/agent.json',
  ];
}

/** NGINX believes the load balancer, and CloudFront gets the keys that this machine will sign with. */
function openEdge({ network, mediaKeys }: Parts): string[] {
  return [
    `echo '--trust ${network.vpc.vpcCidrBlock}' >> /etc/narwhal/nginx.options`,
    ...write('/run/narwhal-media-keys', asset('media-keys.sh')),
    `sed -n 's/^MEDIA_KEYS=//p' /etc/narwhal/local.env | sh /run/narwhal-media-keys ${mediaKeys.keyValueStoreArn}`,
  ];
}

function tellQueueAge(region: string): string[] {
  const service = `[Service]\nType=oneshot\nDynamicUser=yes\nEnvironment=PATH=/usr/bin:/bin:/snap/bin HOME=/tmp\nPrivateTmp=yes\nExecStart=/usr/local/bin/narwhal-queue-age ${region}\n`;
  const timer = '[Timer]\nOnCalendar=minutely\n[Install]\nWantedBy=timers.target\n';
  return [
    ...write('/usr/local/bin/narwhal-queue-age', asset('queue-age.sh')),
    'chmod 755 /usr/local/bin/narwhal-queue-age',
    ...write('/etc/systemd/system/narwhal-queue-age.service', service),
    ...write('/etc/systemd/system/narwhal-queue-age.timer', timer),
    'systemctl enable --now narwhal-queue-age.timer',
  ];
}

/** The input of machine/settings.mjs. Names of secrets only. */
function plan({ settings, store, secrets, database, redis }: Parts): Record<string, unknown> {
  const { main, queue, clustered } = redis;
  const address = (host: string, port: string) => `${host}:${port}`;
  return {
    region: settings.region,
    domain: settings.domain,
    mediaDomain: `media.${settings.domain}`,
    bucket: store.photos.bucketName,
    poolHost: database.proxy.endpoint,
    primaryHost: database.primary.dbInstanceEndpointAddress,
    redis: clustered
      ? address(main.attrConfigurationEndPointAddress, main.attrConfigurationEndPointPort)
      : address(main.attrPrimaryEndPointAddress, main.attrPrimaryEndPointPort),
    redisCluster: clustered,
    redisQueue: queue && address(queue.attrPrimaryEndPointAddress, queue.attrPrimaryEndPointPort),
    secrets: {
      database: database.primary.secret?.secretArn,
      databaseRole: secrets.databaseRole.secretArn,
      tokenKeys: secrets.tokenKeys.secretArn,
      mediaKeys: secrets.mediaKeys.secretArn,
      redisPassword: secrets.redisPassword.secretArn,
    },
  };
}
