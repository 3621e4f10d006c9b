import type { Node } from 'constructs';
import { sizes, type Size, type SizeName } from './sizes.ts';

/** An operator's choices; each may be given as CDK context: `-c domain=photos.example.org`. */
export interface Settings {
  /** Where clients reach Narwhal: the api's name, and under `media.` of it the pictures'. */
  domain: string;
  /** The Route 53 zone that the domain lies in. Named rather than looked up, so that nothing here needs an account. */
  zoneId: string;
  zoneName: string;
  account: string | undefined;
  region: string;
  /** Three, by name: asking AWS for them would need an account. */
  availabilityZones: string[];
  size: Size;
  /** Redis Cluster: feeds and counts over several shards. The queue stays on one primary with a replica. */
  redisCluster: boolean;
  /** Which package the machines install: `npm run package` makes it, `aws s3 cp` puts it into the releases' bucket. */
  version: string;
}

/** Route 53, CloudFront's certificates and the metrics of health checks live there, wherever Narwhal does. */
export const GLOBAL_REGION = 'us-east-1';

/** Thrown for context that nobody could deploy. */
export class SettingsError extends Error {
  override name = 'SettingsError';
}

function isSizeName(name: string): name is SizeName {
  return name in sizes;
}

/**
 * Reads the settings from the context of a CDK app.
 *
 * @throws SettingsError naming the setting, what was expected and what was received
 */
export function readSettings(node: Node): Settings {
  const text = (name: string, fallback: string): string => String(node.tryGetContext(name) ?? fallback);
  const matching = (name: string, fallback: string, pattern: RegExp, expected: string): string => {
    const value = text(name, fallback);
    if (pattern.test(value)) return value;
    throw new SettingsError(`expected ${expected} for ${name} but received "${value}"`);
  };
  const size = text('size', 'small');
  if (!isSizeName(size)) {
    throw new SettingsError(`expected ${Object.keys(sizes).join(', ')} for size but received "${size}"`);
  }
  const domain = matching('domain', 'photos.example.org', /^([a-z0-9-]+\.)+[a-z]{2,}$/, 'a domain name');
  const zoneName = text('zoneName', domain.split('.').slice(-2).join('.'));
  if (domain !== zoneName && !domain.endsWith(`.${zoneName}`)) {
    throw new SettingsError(`expected a zone that holds ${domain} for zoneName but received "${zoneName}"`);
  }
  const region = matching('region', GLOBAL_REGION, /^[a-z]{2}(-[a-z]+)+-\d$/, 'a region of AWS');
  return {
    domain,
    zoneName,
    zoneId: matching('zoneId', 'Z00000000EXAMPLE', /^Z[A-Z0-9]+$/, 'the id of a hosted zone'),
    account: node.tryGetContext('account') as string | undefined,
    region,
    availabilityZones: text('zones', 'a,b,c')
      .split(',')
      .map((letter) => `${region}${letter}`),
    size: sizes[size],
    redisCluster: matching('redisCluster', 'off', /^(on|off)$/, 'on or off') === 'on',
    version: matching('version', '0.1.0', /^\d+\.\d+\.\d+$/, 'a version such as 0.1.0'),
  };
}
