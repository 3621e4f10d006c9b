import { stringify } from 'yaml';

/** Long texts stay on one line. */
const yaml = (value: object): string => stringify(value, { lineWidth: 0 });

/** The addresses of all parts, as host:port. */
export interface Places {
  /** Also `dns:NAME:PORT`, all addresses of a name; `file:PATH`, a list that Prometheus reads again whenever it changes. */
  api: readonly string[];
  worker: readonly string[];
  /** The public URL, such as https://photos.example.org; checked from outside. */
  site: string;
  /** Resolvers that must answer the site's name. */
  resolvers: readonly string[];
  blackbox: string;
  alertmanager: string;
  /** The check interval, in seconds. */
  every: number;
  /** For the certificates of a test. */
  caFile?: string;
}

const relabel = (blackbox: string): object => [
  { source_labels: ['__address__'], target_label: '__param_target' },
  { source_labels: ['__param_target'], target_label: 'instance' },
  { target_label: '__address__', replacement: blackbox },
];

function probe(job: string, module: string, targets: readonly string[], { blackbox }: Places): object {
  return {
    job_name: job,
    metrics_path: '/probe',
    params: { module: [module] },
    static_configs: [{ targets }],
    relabel_configs: relabel(blackbox),
  };
}

/** How Prometheus finds the processes of one kind. */
function discovery(places: readonly string[]): object {
  const named = (how: string) =>
    places.filter((place) => place.startsWith(how)).map((place) => place.slice(how.length));
  const dns = named('dns:').map((place) => ({
    names: [place.replace(/:\d+$/, '')],
    type: 'A',
    port: Number(/\d+$/.exec(place)?.[0]),
  }));
  const files = named('file:');
  const targets = places.filter((place) => !/^(dns|file):/.test(place));
  return {
    ...(targets.length > 0 ? { static_configs: [{ targets }] } : {}),
    ...(dns.length > 0 ? { dns_sd_configs: dns } : {}),
    ...(files.length > 0 ? { file_sd_configs: [{ files }] } : {}),
  };
}

/** prometheus.yml: scrapes every process separately, so that their counters add up, and probes the site from outside. */
export function prometheusConfig(places: Places): string {
  const jobs = (['api', 'worker'] as const).map((kind) => ({
    job_name: `narwhal-${kind}`,
    ...discovery(places[kind]),
  }));
  return yaml({
    global: {
      scrape_interval: `${places.every}s`,
      scrape_timeout: `${Math.min(places.every, 5)}s`,
      evaluation_interval: `${places.every}s`,
    },
    rule_files: ['narwhal.rules.yml'],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [places.alertmanager] }] }] },
    scrape_configs: [
      ...jobs,
      probe('site', 'site', [`${places.site}/health/pingdom`], places),
      ...(places.resolvers.length > 0 ? [probe('dns', 'dns', places.resolvers, places)] : []),
    ],
  });
}

/** blackbox.yml: what "served" means from outside. */
export function blackboxConfig({ site, caFile }: Places): string {
  const { hostname } = new URL(site);
  return yaml({
    modules: {
      site: {
        prober: 'http',
        timeout: '5s',
        http: {
          valid_status_codes: [200],
          preferred_ip_protocol: 'ip4',
          fail_if_body_not_matches_regexp: ['<status>OK</status>'],
          tls_config: { ca_file: caFile, server_name: hostname },
        },
      },
      dns: {
        prober: 'dns',
        timeout: '3s',
        dns: {
          query_name: hostname,
          query_type: 'A',
          preferred_ip_protocol: 'ip4',
          valid_rcodes: ['NOERROR'],
        },
      },
    },
  });
}

export interface Paging {
  /** A file that holds the 32 characters of an Events API v2 integration, and nothing else. */
  routingKeyFile: string;
  /** PagerDuty's URL, overridden in tests. */
  url: string;
  /** The URLs of Grafana and the runbooks, for the links of an incident. */
  dashboard: string;
  runbooks: string;
  /** Seconds in which alerts of one kind are grouped into one incident, and between its changes. */
  gather: number;
  interval: number;
}

export const usualPaging: Omit<Paging, 'routingKeyFile'> = {
  url: 'https://events.pagerduty.com/v2/enqueue',
  dashboard: 'http://localhost:3001/d/narwhal',
  runbooks: 'https://example.org/narwhal/',
  gather: 5,
  interval: 30,
};

/**
 * Alerts that a worse or a wider incident already covers. Alertmanager silences the end of an incident like its beginning:
 * one that ends while the other still lasts stays open at PagerDuty for ever. So a process that is down silences none of its
 * own alerts: they end meanwhile, since it reports nothing any more.
 */
const followed: object = [
  {
    source_matchers: ['severity="critical"'],
    target_matchers: ['severity="warning"'],
    equal: ['alertname', 'instance', 'queue', 'kind', 'store'],
  },
  {
    source_matchers: ['alertname="SiteIsDown"'],
    target_matchers: ['alertname="VisitFails"'],
  },
];

/**
 * alertmanager.yml: one incident for each alert and process, under a key that Alertmanager derives from the group and keeps.
 * An alert's critical level silences its warning; when the site is down, its consequences add no incidents.
 */
export function alertmanagerConfig({
  routingKeyFile,
  url,
  dashboard,
  runbooks,
  gather,
  interval,
}: Paging): string {
  return yaml({
    global: { resolve_timeout: '1m', pagerduty_url: url },
    route: {
      receiver: 'pagerduty',
      group_by: ['alertname', 'instance', 'queue', 'kind', 'store'],
      group_wait: `${gather}s`,
      group_interval: `${interval}s`,
      repeat_interval: '4h',
      // One unreachable store is one incident, however many processes miss it.
      routes: [
        {
          matchers: ['alertname=~"StoreIsAway|StoreIsSlow"'],
          group_by: ['alertname', 'store'],
        },
      ],
    },
    inhibit_rules: followed,
    receivers: [
      {
        name: 'pagerduty',
        pagerduty_configs: [
          {
            routing_key_file: routingKeyFile,
            send_resolved: true,
            severity: '{{ if eq .CommonLabels.severity "warning" }}warning{{ else }}critical{{ end }}',
            class: '{{ .CommonLabels.alertname }}',
            component: '{{ .CommonLabels.part }}',
            group: 'narwhal',
            client: 'Narwhal',
            client_url: dashboard,
            description: '{{ .CommonLabels.alertname }}: {{ (index .Alerts 0).Annotations.summary }}',
            links: [
              { href: `${runbooks}{{ .CommonAnnotations.runbook }}`, text: 'Runbook' },
              { href: dashboard, text: 'Dashboard' },
            ],
          },
        ],
      },
    ],
  });
}
