import { basename, join } from 'node:path';

/** The only file of Munin's programs that reads the environment; munin-node sets it from plugin-conf.d. */
const source = process.env;

/** `env.urls`: the /metrics URL of each process, separated by spaces. */
export const urls: readonly string[] = (
  source['urls'] ?? 'http://127.0.0.1:9464/metrics http://127.0.0.1:9465/metrics'
)
  .split(/\s+/)
  .filter(Boolean);

export const dirtyConfig = source['MUNIN_CAP_DIRTYCONFIG'] === '1';

/** The requested part of the catalogue: the name of the plugin's link, `narwhal_product`; a wrapper script sets it by NARWHAL_PART. */
export const part: string =
  source['NARWHAL_PART'] ?? basename(process.argv[1] ?? '').replace(/^narwhal_/, '');

export const stateFile: string = join(
  source['MUNIN_PLUGSTATE'] ?? '/var/lib/munin-node/plugin-state/nobody',
  `narwhal_${part}.json`,
);

/** For the contact command, which munin-limits runs. */
export const paging = {
  /** A file that contains only the integration key. */
  routingKeyFile: source['PAGERDUTY_ROUTING_KEY_FILE'] ?? '/etc/narwhal/pagerduty-key',
  url: source['PAGERDUTY_URL'] ?? 'https://events.pagerduty.com/v2/enqueue',
  runbooks: source['RUNBOOKS_URL'] ?? '',
  spool: source['NARWHAL_SPOOL'] ?? '/var/lib/munin/narwhal-incidents',
};
