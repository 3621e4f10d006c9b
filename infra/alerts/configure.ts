import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { answerHelp } from '../../libs/platform/src/command-line.js';
import { ruleFile, usualPace } from './rules.js';
import { alertmanagerConfig, blackboxConfig, prometheusConfig, usualPaging } from './servers.js';

const usage = `npm run alerts -- --folder FOLDER --api HOST:PORT... --worker HOST:PORT... --site https://NAME --pagerduty-key-file FILE
  [--resolver HOST:PORT...] [--blackbox HOST:PORT] [--alertmanager HOST:PORT] [--ca FILE] [--every SECONDS]
  [--pagerduty URL] [--dashboard URL] [--runbooks URL] [--gather S] [--interval S] [--window S] [--lasting S] [--calm S]

--api and --worker also take dns:NAME:PORT, which is every address of that name, and file:PATH, a list of targets in JSON or YAML
(docs/watching.md) that may change while Prometheus runs.

Writes prometheus.yml, narwhal.rules.yml, blackbox.yml and alertmanager.yml into FOLDER.`;

const text = { type: 'string' } as const;
const orElse = (value: string | number) => ({ type: 'string', default: String(value) }) as const;
const many = (...values: string[]) => ({ type: 'string', multiple: true, default: values }) as const;

const read = () =>
  parseArgs({
    options: {
      folder: text,
      site: text,
      'pagerduty-key-file': text,
      ca: text,
      lasting: text,
      api: many('127.0.0.1:9464'),
      worker: many('127.0.0.1:9465'),
      resolver: many(),
      blackbox: orElse('127.0.0.1:9115'),
      alertmanager: orElse('127.0.0.1:9093'),
      every: orElse(5),
      pagerduty: orElse(usualPaging.url),
      dashboard: orElse(usualPaging.dashboard),
      runbooks: orElse(usualPaging.runbooks),
      gather: orElse(usualPaging.gather),
      interval: orElse(usualPaging.interval),
      window: orElse(usualPace.window),
      calm: orElse(usualPace.calm),
    },
  }).values;

function number(value: string): number {
  const read = Number(value);
  if (!Number.isFinite(read) || read < 0) throw new Error(`expected a number but received "${value}"`);
  return read;
}

function write(options: ReturnType<typeof read>): void {
  const { folder, site, 'pagerduty-key-file': routingKeyFile, ca, lasting, ...rest } = options;
  if (folder === undefined || site === undefined || routingKeyFile === undefined)
    throw new Error('expected --folder, --site and --pagerduty-key-file');
  const {
    api,
    worker,
    resolver: resolvers,
    blackbox,
    alertmanager,
    pagerduty: url,
    dashboard,
    runbooks,
  } = rest;
  const places = {
    api,
    worker,
    resolvers,
    blackbox,
    alertmanager,
    site: site.replace(/\/+$/, ''),
    every: number(rest.every),
    ...(ca ? { caFile: ca } : {}),
  };
  const pace = {
    window: number(rest.window),
    calm: number(rest.calm),
    ...(lasting === undefined ? {} : { lasting: number(lasting) }),
  };
  const [gather, interval] = [number(rest.gather), number(rest.interval)];
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'prometheus.yml'), prometheusConfig(places));
  writeFileSync(join(folder, 'narwhal.rules.yml'), ruleFile(pace));
  writeFileSync(join(folder, 'blackbox.yml'), blackboxConfig(places));
  const paging = { routingKeyFile, url, dashboard, runbooks, gather, interval };
  writeFileSync(join(folder, 'alertmanager.yml'), alertmanagerConfig(paging));
}

try {
  answerHelp(process.argv.slice(2), usage);
  write(read());
} catch (error) {
  process.stderr.write(`alerts: ${error instanceof Error ? error.message : String(error)}\n\n${usage}\n`);
  process.exitCode = 1;
}
