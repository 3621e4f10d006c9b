import { basename, join } from 'node:path';

/** The one reader of the environment for what Munin runs; munin-node sets it from plugin-conf.d. */
const source = process.env;

/** `env.urls`: the /metrics of each process, with spaces between. */
export const urls: readonly string[] = (
  source['urls'] ?? 'http://127.0.0.1:9464/metrics http://127.0.0.1:9465/metrics'
)
  .split(/\s+/)
  .filter(Boolean);

export const dirtyConfig = source['MUNIN_CAP_DIRTYCONFIG'] === '1';

/** Which part of the catalogue is asked for: what the plugin is linked as, `narwhal_product`; a script in front of it says so by NARWHAL_PART. */
export const part: string =
  source['NARWHAL_PART'] ?? basename(process.argv[1] ?? '').replace(/^narwhal_/, '');

export const stateFile: string = join(
  source['MUNIN_PLUGSTATE'] ?? '/var/lib/munin-node/plugin-state/nobody',
  `narwhal_${part}.json`,
);

/** For the contact command, which munin-limits runs. */
export const paging = {
  /** A file with the integration key alone. */
  routingKeyFile: source['PAGERDUTY_ROUTING_KEY_FILE'] ?? '/etc/narwhal/pagerduty-key',
  url: source['PAGERDUTY_URL'] ?? 'https://events.pagerduty.com/v2/enqueue',
  runbooks: source['RUNBOOKS_URL'] ?? '',
  spool: source['NARWHAL_SPOOL'] ?? '/var/lib/munin/narwhal-incidents',
};
