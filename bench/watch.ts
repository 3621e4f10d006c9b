import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { root } from '../tools/dev/install.mjs';
import { freePort } from '../tools/dev/ports.ts';
import { bareEnvironment } from './env.ts';
import { costOf, lengthOfPage, printLoads } from './feed.ts';
import { fillFeed } from './feed-data.ts';
import { signUpAll, startApi, type Fixtures, type Narwhal, type Serving } from './fixtures.ts';
import { wrk } from './wrk.ts';
import { interleavedPairs, median, printTable } from './measuring.ts';

/**
 * A page of the home feed from a monitored api, beside the same from an unmonitored one: both on the same PostgreSQL and
 * Redis. Monitored means: scraped every second (Prometheus scrapes every five), all of Munin's plugins run once (Munin runs
 * them every five minutes), Sentry's client loaded, traces at their default sampling sent to a collector. Both count their
 * metrics, which cannot be turned off. There are several processes of each kind, which the pairs use in turn: two of the same
 * kind differ by up to a tenth, since V8 compiles and lays out each by its own history.
 */
const GOAL = 0.95;
const SCRAPE_GOAL = 20;
const READERS = 32;
const PROCESSES = 4;
const PAIRS = 12;
const CONNECTIONS = 64;
const SCRAPES = 50;
const SERIES = 200;
const parts = ['product', 'requests', 'later_work', 'stores', 'processes', 'watching'];

/** Retries once when the server closed an idle connection just as it was reused. */
async function textOf(url: string): Promise<string> {
  const response = await fetch(url).catch(() => fetch(url));
  return response.text();
}

/** Receives the requests of Sentry and OTLP's exporter, and counts spans. */
class Collector {
  spans = 0;
  private readonly server: Server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => (text += part));
    request.on('end', () => {
      this.spans += text.split('"spanId"').length - 1;
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });

  async start(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

/** The programs that read an api's metrics while it is measured. */
class Watchers {
  scrapes = 0;
  samples = 0;
  private readonly links: string[];
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder);
    this.links = parts.map((part) => join(folder, `narwhal_${part}`));
    for (const link of this.links) symlinkSync(join(root, 'infra', 'munin', 'narwhal_'), link);
  }

  /** Monitors one process for as long as it is driven; Munin reads the first one only. */
  async during<Result>(metricsUrl: string, work: () => Promise<Result>): Promise<Result> {
    const scraping = setInterval(() => void this.scrape(metricsUrl), 1_000);
    const sampled = this.samples === 0 ? this.munin(metricsUrl) : Promise.resolve();
    try {
      return await work();
    } finally {
      clearInterval(scraping);
      await sampled;
    }
  }

  private async scrape(metricsUrl: string): Promise<void> {
    await textOf(metricsUrl);
    this.scrapes += 1;
  }

  /** As a node with dirty config runs them: one after the other. */
  private async munin(urls: string): Promise<void> {
    for (const link of this.links) {
      const child = spawn(process.execPath, [link, 'config'], {
        env: bareEnvironment({ urls, MUNIN_CAP_DIRTYCONFIG: '1', MUNIN_PLUGSTATE: this.folder }),
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let text = '';
      child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
      await once(child, 'close');
      this.samples += text.split('.value ').length - 1;
    }
  }
}

interface Contract {
  paths: Record<string, Record<string, unknown>>;
}

const seriesOf = (text: string): number => text.match(/^narwhal_http_request_seconds_count\{/gm)?.length ?? 0;

/** Calls every endpoint of the contract with rejected requests, until this many routes have series. */
async function callEverything(api: Narwhal, headers: Record<string, string>): Promise<void> {
  const contract = JSON.parse(readFileSync(join(root, 'openapi.json'), 'utf8')) as Contract;
  const calls = Object.entries(contract.paths).flatMap(([path, methods]) =>
    Object.keys(methods)
      .flatMap((method) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]))
      .map((method) => ({ path, method })),
  );
  for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])
    calls.push({ path: '/v1/nothing-here', method });
  const ways: RequestInit[] = [
    {},
    { headers },
    { headers: { ...headers, 'content-type': 'application/json' }, body: '{' },
    { headers: { ...headers, 'content-type': 'application/json' }, body: '{"unknown":1}' },
    { headers: { ...headers, 'content-type': 'text/plain' }, body: 'no JSON' },
  ];
  for (const way of ways) {
    for (const { path, method } of calls) {
      if (
        /stream|sessions\/current|users\/me|\/me$/.test(path) ||
        (way.body !== undefined && /GET|HEAD/.test(method))
      )
        continue;
      const url = api.url + path.replace(/\{\w+\}/g, '123456789012345');
      const response = await fetch(url, { ...way, method, signal: AbortSignal.timeout(5_000) }).catch(
        () => null,
      );
      // A response that precedes the request's body may close its connection.
      await response?.arrayBuffer().catch(() => undefined);
    }
  }
}

async function measureScrape(api: Narwhal, headers: Record<string, string>): Promise<void> {
  await callEverything(api, headers);
  const times: number[] = [];
  let text = '';
  for (let count = 0; count < SCRAPES; count += 1) {
    const begun = performance.now();
    text = await textOf(api.metricsUrl);
    times.push(performance.now() - begun);
  }
  const series = seriesOf(text);
  if (series < SERIES) throw new Error(`expected ${SERIES} routes' series but received ${series}`);
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
  console.log('');
  printTable(
    ["/metrics with routes' series", 'lines', 'kB', 'median ms', 'slowest ms', 'goal ms'],
    [
      [
        String(series),
        String(lines),
        (Buffer.byteLength(text) / 1000).toFixed(0),
        median(times).toFixed(1),
        Math.max(...times).toFixed(1),
        `< ${SCRAPE_GOAL}`,
      ],
    ],
  );
}

interface Watched extends Serving {
  metricsUrl: string;
}

/** One more process of a Narwhal, with the settings of its first except the given ones. */
async function another(
  fixtures: Fixtures,
  name: string,
  { settings }: Narwhal,
  changed: Record<string, string>,
): Promise<Watched> {
  const metrics = `127.0.0.1:${await freePort()}`;
  const own = { ...settings, ...changed, PORT: String(await freePort()), METRICS_ADDR: metrics };
  const serving = await fixtures.serve(name, ['dist/apps/api/src/main.js'], own, '/health/ready');
  return { ...serving, metricsUrl: `http://${metrics}/metrics` };
}

async function measure(fixtures: Fixtures, collector: Collector): Promise<number> {
  const address = await collector.start();
  const first = await startApi(fixtures);
  const readers = await signUpAll(first, 'reader', READERS);
  await fillFeed(first.databaseUrl, { readers: readers.map(({ id }) => id) });
  const people = readers.map(({ headers }) => headers);
  const page = ({ url }: Serving) => `${url}/v1/feed`;
  const watching = {
    SENTRY_DSN: `http://public@${address}/42`,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://${address}`,
  };
  const [watched, alone]: [Watched[], Watched[]] = [[], []];
  for (let number = 1; number <= PROCESSES; number += 1) {
    watched.push(await another(fixtures, `watched-${number}`, first, watching));
    alone.push(await another(fixtures, `alone-${number}`, first, {}));
  }

  const load = { connections: CONNECTIONS, seconds: 3, people };
  const watchers = new Watchers(join(fixtures.folder, 'munin'));
  // All serve the same requests before they are measured, monitored too: V8's history of a program makes its code faster or slower.
  for (let round = 0; round < 2; round += 1)
    for (const api of watched.flatMap((one, index) => [one, alone[index] ?? one])) {
      for (const headers of people) await lengthOfPage(page(api), headers);
      await watchers.during(api.metricsUrl, () => wrk(page(api), load));
    }
  const turns = { watched: 0, alone: 0 };
  const next = (kind: 'watched' | 'alone'): Watched => {
    const api = (kind === 'watched' ? watched : alone)[turns[kind]++ % PROCESSES];
    if (!api) throw new Error(`expected a process that is ${kind}`);
    return api;
  };
  const drive = (api: Watched) => costOf(api, () => wrk(page(api), load));
  const pairs = await interleavedPairs(
    PAIRS,
    () => {
      const api = next('watched');
      return watchers.during(api.metricsUrl, () => drive(api));
    },
    () => drive(next('alone')),
  );
  const ratio = printLoads(pairs, { ours: 'watched', floor: 'alone' });
  console.log(
    `meanwhile ${watchers.scrapes} scrapes, ${watchers.samples} values for Munin, ${collector.spans} spans`,
  );
  if (collector.spans === 0 || watchers.samples === 0) throw new Error('expected spans and values for Munin');
  await measureScrape(first, people[0] ?? {});
  return ratio;
}

export async function run(fixtures: Fixtures): Promise<void> {
  const collector = new Collector();
  try {
    const ratio = await measure(fixtures, collector);
    console.log(`\nwatch: ratio ${ratio.toFixed(3)} (goal ${GOAL.toFixed(2)})`);
  } finally {
    collector.stop();
  }
}
