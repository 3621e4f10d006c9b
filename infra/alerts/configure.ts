import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { answerHelp } from '../../libs/platform/src/command-line.js';
import { ruleFile, usualPace } from './rules.js';
import { alertmanagerConfig, blackboxConfig, prometheusConfig, usualPaging } from './servers.js';

const usage = `npm run alerts -- --folder FOLDER --api HOST:PORT... --worker HOST:PORT... --site https://NAME --pagerduty-key-file FILE
  [--resolver HOST:PORT...] [--blackbox HOST:PORT] [--alertmanager HOST:PORT] [--ca FILE] [--every SECONDS]
  [--pagerduty URL] [--dashboard URL] [--runbooks URL] [--gather S] [--interval S] [--window S] [--lasting S] [--calm S]

Writes prometheus.yml, narwhal.rules.yml, blackbox.yml and alertmanager.yml into FOLDER.`;

const text = { type: 'string' } as const;
const many = { type: 'string', multiple: true } as const;
const names = [
  'folder',
  'site',
  'pagerduty-key-file',
  'blackbox',
  'alertmanager',
  'ca',
  'every',
  'pagerduty',
  'dashboard',
  'runbooks',
  'gather',
  'interval',
  'window',
  'lasting',
  'calm',
] as const;

type Texts = Partial<Record<(typeof names)[number], string>> &
  Partial<Record<'api' | 'worker' | 'resolver', string[]>>;

function read(): Texts {
  const options = {
    ...Object.fromEntries(names.map((name) => [name, text])),
    api: many,
    worker: many,
    resolver: many,
  };
  return parseArgs({ options, strict: true }).values;
}

function need(options: Texts, name: 'folder' | 'site' | 'pagerduty-key-file'): string {
  const value = options[name];
  if (value === undefined) throw new Error(`expected --${name}`);
  return value;
}

function number(value: string | undefined, fallback: number): number {
  const read = Number(value ?? fallback);
  if (!Number.isFinite(read) || read < 0) throw new Error(`expected a number but received "${value ?? ''}"`);
  return read;
}

function write(options: Texts): void {
  const folder = need(options, 'folder');
  const places = {
    api: options.api ?? ['127.0.0.1:9464'],
    worker: options.worker ?? ['127.0.0.1:9465'],
    site: need(options, 'site').replace(/\/+$/, ''),
    resolvers: options.resolver ?? [],
    blackbox: options.blackbox ?? '127.0.0.1:9115',
    alertmanager: options.alertmanager ?? '127.0.0.1:9093',
    every: number(options.every, 5),
    ...(options.ca ? { caFile: options.ca } : {}),
  };
  const pace = {
    window: number(options.window, usualPace.window),
    calm: number(options.calm, usualPace.calm),
    ...(options.lasting === undefined ? {} : { lasting: number(options.lasting, 0) }),
  };
  const paging = {
    routingKeyFile: need(options, 'pagerduty-key-file'),
    url: options.pagerduty ?? usualPaging.url,
    dashboard: options.dashboard ?? usualPaging.dashboard,
    runbooks: options.runbooks ?? usualPaging.runbooks,
    gather: number(options.gather, usualPaging.gather),
    interval: number(options.interval, usualPaging.interval),
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'prometheus.yml'), prometheusConfig(places));
  writeFileSync(join(folder, 'narwhal.rules.yml'), ruleFile(pace));
  writeFileSync(join(folder, 'blackbox.yml'), blackboxConfig(places));
  writeFileSync(join(folder, 'alertmanager.yml'), alertmanagerConfig(paging));
}

try {
  answerHelp(process.argv.slice(2), usage);
  write(read());
} catch (error) {
  process.stderr.write(`alerts: ${error instanceof Error ? error.message : String(error)}\n\n${usage}\n`);
  process.exitCode = 1;
}
