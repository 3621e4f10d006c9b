import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../tools/dev/ports.ts';
import { ROUTING_KEY } from './pagerduty.js';
import { built, Program, run } from './programs.js';

/** The real Prometheus, prober and Alertmanager, all sped up: 1 s between checks, rates over 10 s. */
const hurry = { every: '1', window: '10', lasting: '1', calm: '3', gather: '1', interval: '2' };

/** The monitored parts, and the receiver of alerts. */
export interface Watched {
  folder: string;
  site: string;
  /** The authority of the site's certificate. */
  ca: string;
  /** URLs of metrics. */
  apis: readonly string[];
  workers: readonly string[];
  resolver: string;
  pagerDuty: string;
}

export interface Watchers {
  prometheus: Program;
  alertmanager: Program;
  blackbox: Program;
  /** Names of Alertmanager's active alerts, silenced ones included. */
  known(): Promise<string[]>;
  alertmanagerUrl: string;
}

const at = (port: number, path = ''): string => `http://127.0.0.1:${port}${path}`;
const address = (url: string): string => new URL(url).host;

interface Ports {
  prometheus: number;
  alertmanager: number;
  blackbox: number;
}

/** Configured as by an operator, except for the pace. */
function configure({ folder, site, ca, pagerDuty, ...watched }: Watched, ports: Ports): void {
  const keyFile = join(folder, 'pagerduty-key');
  writeFileSync(keyFile, ROUTING_KEY, { mode: 0o600 });
  const options = {
    ...hurry,
    folder,
    site,
    ca,
    blackbox: address(at(ports.blackbox)),
    alertmanager: address(at(ports.alertmanager)),
    pagerduty: pagerDuty,
    'pagerduty-key-file': keyFile,
  };
  const many = {
    api: watched.apis.map(address),
    worker: watched.workers.map(address),
    resolver: [watched.resolver],
  };
  const named = [...Object.entries(options), ...Object.entries(many)].flatMap(([name, values]) =>
    [values].flat().flatMap((value) => [`--${name}`, value]),
  );
  run(process.execPath, [built('infra', 'alerts', 'configure.js'), ...named]);
  run('promtool', ['check', 'config', join(folder, 'prometheus.yml')]);
}

async function alertsOf(alertmanagerUrl: string): Promise<string[]> {
  const response = await fetch(`${alertmanagerUrl}/api/v2/alerts`);
  const found = (await response.json()) as { labels: Record<string, string> }[];
  return found.map(({ labels }) => labels['alertname'] ?? '');
}

export async function startWatchers(watched: Watched): Promise<Watchers> {
  const { folder } = watched;
  const ports = { prometheus: await freePort(), alertmanager: await freePort(), blackbox: await freePort() };
  configure(watched, ports);
  const program = (name: string, port: number, health: string, args: readonly string[]) =>
    new Program(
      name,
      [...args, `--web.listen-address=${address(at(port))}`],
      folder,
      at(port, `/-/${health}`),
    );
  const programs = {
    prometheus: program('prometheus', ports.prometheus, 'ready', [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
    ]),
    alertmanager: program('prometheus-alertmanager', ports.alertmanager, 'ready', [
      `--config.file=${folder}/alertmanager.yml`,
      `--storage.path=${folder}/alerts`,
      '--cluster.listen-address=',
    ]),
    blackbox: program('prometheus-blackbox-exporter', ports.blackbox, 'healthy', [
      `--config.file=${folder}/blackbox.yml`,
    ]),
  };
  await Promise.all(Object.values(programs).map((each) => each.start()));
  const alertmanagerUrl = at(ports.alertmanager);
  return { ...programs, alertmanagerUrl, known: () => alertsOf(alertmanagerUrl) };
}
