import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../scripts/ports.ts';
import { cable, type Cable } from '../harness/cable.js';
import type { Application } from '../harness/application.js';
import { servers } from '../harness/servers.js';
import { startStack, type Stack } from '../harness/stack.js';
import { Front } from './front.js';
import { PagerDuty, ROUTING_KEY, type PagedEvent } from './pagerduty.js';
import { built, Program, run } from './programs.js';

/** What happens, with the real Prometheus, prober and Alertmanager, all in a hurry: 1 s between looks. */
const hurry = { every: '1', window: '10', lasting: '1', calm: '3', gather: '1', interval: '2' };

let stack: Stack;
let pagerDuty: PagerDuty;
let front: Front;
/** An api whose way to PostgreSQL can be made slow, and whose photos are on a disk of their own. */
let guest: Application;
let toPostgres: Cable;
let programs: { prometheus: Program; alertmanager: Program; blackbox: Program };
let disk: string;
let alertmanagerUrl: string;

const address = (url: string) => new URL(url).host;
const onDisk = (...args: string[]) => spawnSync(args[0] ?? '', args.slice(1)).status === 0;

async function startWatchers(folder: string): Promise<void> {
  const [prometheus, alertmanager, blackbox] = [await freePort(), await freePort(), await freePort()];
  alertmanagerUrl = `http://127.0.0.1:${alertmanager}`;
  const keyFile = join(folder, 'pagerduty-key');
  writeFileSync(keyFile, ROUTING_KEY, { mode: 0o600 });
  const options = {
    ...hurry,
    folder,
    site: front.url,
    ca: front.caFile,
    blackbox: `127.0.0.1:${blackbox}`,
    alertmanager: `127.0.0.1:${alertmanager}`,
    pagerduty: pagerDuty.url,
    'pagerduty-key-file': keyFile,
  };
  const apis = [stack.api, guest].flatMap(({ metricsUrl }) => ['--api', address(metricsUrl)]);
  const named = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  run(process.execPath, [
    built('infra', 'alerts', 'configure.js'),
    ...named,
    ...apis,
    '--worker',
    address(stack.worker.metricsUrl),
  ]);
  run('promtool', ['check', 'config', join(folder, 'prometheus.yml')]);
  const at = (port: number, path: string) => `http://127.0.0.1:${port}${path}`;
  programs = {
    prometheus: new Program(
      'prometheus',
      [
        `--config.file=${folder}/prometheus.yml`,
        `--storage.tsdb.path=${folder}/data`,
        `--web.listen-address=127.0.0.1:${prometheus}`,
      ],
      folder,
      at(prometheus, '/-/ready'),
    ),
    alertmanager: new Program(
      'prometheus-alertmanager',
      [
        `--config.file=${folder}/alertmanager.yml`,
        `--storage.path=${folder}/alerts`,
        `--web.listen-address=127.0.0.1:${alertmanager}`,
        '--cluster.listen-address=',
      ],
      folder,
      at(alertmanager, '/-/ready'),
    ),
    blackbox: new Program(
      'prometheus-blackbox-exporter',
      [`--config.file=${folder}/blackbox.yml`, `--web.listen-address=127.0.0.1:${blackbox}`],
      folder,
      at(blackbox, '/-/healthy'),
    ),
  };
  await Promise.all(Object.values(programs).map((program) => program.start()));
}

beforeAll(async () => {
  const folder = join(servers().folder, 'watchers');
  mkdirSync(folder);
  [stack, pagerDuty] = await Promise.all([startStack(), PagerDuty.start()]);
  toPostgres = await cable(stack.database.url);
  disk = join(folder, 'disk');
  mkdirSync(disk);
  onDisk('mount', '-t', 'tmpfs', '-o', 'size=2g', 'tmpfs', disk);
  guest = await stack.guest({ DATABASE_URL: toPostgres.url, STORAGE_DIR: join(disk, 'objects') });
  front = await Front.start(folder, stack.url, 400);
  await startWatchers(folder);
});
afterAll(async () => {
  await Promise.all(Object.values(programs).map((program) => program.stop()));
  await Promise.all([stack.stop(), front.stop(), pagerDuty.stop()]);
  await toPostgres.close();
  onDisk('umount', disk);
});

const patience = { timeout: 60_000, interval: 100 };
const times: [fault: string, alert: string, opened: string, resolved: string][] = [];
const seconds = (from: number, { at }: PagedEvent) => `${((at - from) / 1000).toFixed(1)} s`;

/** `incident`: the key of the one that is meant, where an alert may have several (each store's own). */
async function event(
  alert: string,
  action: PagedEvent['action'],
  since: number,
  incident?: string,
): Promise<PagedEvent> {
  const found = () => pagerDuty.find(alert, action, since, incident);
  await expect.poll(found, patience).toBeDefined();
  return found() as PagedEvent;
}

interface Fault {
  cause: () => unknown;
  mend: () => unknown;
}

async function fillQueue(): Promise<void> {
  const connection = new Redis(stack.redis.url, { maxRetriesPerRequest: null });
  const queue = new Queue('develop', { connection, prefix: '{nw-jobs}' });
  await queue.addBulk(
    Array.from({ length: 5_100 }, (_, id) => ({ name: 'develop', data: { photoId: String(id + 1) } })),
  );
  await queue.close();
  connection.disconnect();
}

const killed = (name: 'worker' | 'api'): Fault => ({
  cause: () => stack[name].kill(),
  mend: () => stack[name].start(),
});

const faults: [fault: string, alert: string, Fault][] = [
  ['the site is down', 'SiteIsDown', killed('api')],
  ['no worker works', 'NoWorker', killed('worker')],
  ['Redis is broken', 'StoreIsAway', { cause: () => stack.redis.stop(), mend: () => stack.redis.start() }],
  [
    'PostgreSQL is slow',
    'StoreIsSlow',
    { cause: () => toPostgres.slow(900), mend: () => toPostgres.slow(0) },
  ],
  [
    'a disk is full',
    'DiskIsFull',
    {
      cause: () => onDisk('fallocate', '-l', '2000M', join(disk, 'full')),
      mend: () => onDisk('rm', join(disk, 'full')),
    },
  ],
  [
    'a certificate expires',
    'CertificateExpires',
    { cause: () => front.serve(2), mend: () => front.serve(400) },
  ],
];

describe('each of these wakes somebody, and lets them sleep again', () => {
  test.each(faults)('%s', async (fault, alert, { cause, mend }) => {
    const begun = Date.now();
    await cause();
    const opened = await event(alert, 'trigger', begun);
    const mended = Date.now();
    await mend();
    const resolved = await event(alert, 'resolve', mended, opened.key);
    expect(opened.links?.map(({ href }) => href)).toContain(
      `https://example.org/narwhal/docs/runbooks/${alert}.md`,
    );
    times.push([fault, alert, seconds(begun, opened), seconds(mended, resolved)]);
    if (alert !== 'SiteIsDown') return;
    const process = await event('ProcessIsDown', 'trigger', begun);
    times.push([
      '',
      'ProcessIsDown',
      seconds(begun, process),
      seconds(mended, await event('ProcessIsDown', 'resolve', mended)),
    ]);
  });

  test('a queue that fills', async () => {
    const begun = Date.now();
    await stack.worker.stop();
    await fillQueue();
    const opened = await event('QueueIsLong', 'trigger', begun);
    const mended = Date.now();
    await stack.worker.start();
    times.push([
      'a queue is full',
      'QueueIsLong',
      seconds(begun, opened),
      seconds(mended, await event('QueueIsLong', 'resolve', mended)),
    ]);
  });
});

describe('an incident', () => {
  test('of a part that flaps is one', async () => {
    await expect.poll(() => open(), patience).toEqual([]);
    const begun = Date.now();
    await front.stop();
    await event('SiteIsDown', 'trigger', begun);
    for (let again = 0; again < 3; again += 1) {
      await front.serve(400);
      await new Promise((settle) => setTimeout(settle, 1_500));
      await front.stop();
      await new Promise((settle) => setTimeout(settle, 1_500));
    }
    await front.serve(400);
    await event('SiteIsDown', 'resolve', begun);
    const since = pagerDuty.events.filter(({ at }) => at >= begun);
    expect(
      since.filter((one) => one.class === 'SiteIsDown' && one.action === 'trigger').map(({ key }) => key),
    ).toSatisfy((keys: string[]) => new Set(keys).size === 1);
    expect(since.filter(({ action, key }) => action === 'resolve' && key === since[0]?.key)).toHaveLength(1);
  });

  test('that PagerDuty does not hear of is kept, and sent when it is back', async () => {
    await pagerDuty.goAway();
    const begun = Date.now();
    await front.stop();
    const known = async () => {
      const found = (await (await fetch(`${alertmanagerUrl}/api/v2/alerts`)).json()) as {
        labels: Record<string, string>;
      }[];
      return found.map(({ labels }) => labels['alertname']);
    };
    await expect.poll(known, patience).toContain('SiteIsDown');
    expect(pagerDuty.find('SiteIsDown', 'trigger', begun)).toBeUndefined();
    await pagerDuty.comeBack();
    await event('SiteIsDown', 'trigger', begun);
    await front.serve(400);
    await event('SiteIsDown', 'resolve', begun);
  });
});

describe('what Alertmanager cannot tell', () => {
  test('is told by the process itself when nobody watches, also later when PagerDuty was away too', async () => {
    const env = {
      WATCHED_BY: `${alertmanagerUrl}/-/healthy`,
      WATCHED_EVERY: '200',
      PAGERDUTY_ROUTING_KEY: ROUTING_KEY,
      PAGERDUTY_URL: pagerDuty.url,
    };
    const api = await stack.guest(env);
    await pagerDuty.goAway();
    const begun = Date.now();
    await programs.alertmanager.stop();
    await expect.poll(() => api.log(), patience).toContain('nobody watches Narwhal');
    await pagerDuty.comeBack();
    const opened = await event('WatcherIsAway', 'trigger', begun);
    await programs.alertmanager.start();
    expect((await event('WatcherIsAway', 'resolve', begun)).key).toBe(opened.key);
    times.push(['Alertmanager is away', 'WatcherIsAway', seconds(begun, opened), '']);
    await api.stop();
  });
});

describe('an event', () => {
  test('is written by the published schema, every time', () => {
    expect(pagerDuty.faults).toEqual([]);
    expect(pagerDuty.events.length).toBeGreaterThan(15);
    console.log('\ntime from the fault to the incident, and from mending to its end (looks every second):');
    for (const [fault, alert, opened, resolved] of times)
      console.log(`  ${fault.padEnd(24)}${alert.padEnd(20)}${opened.padStart(8)}${resolved.padStart(9)}`);
  });
});

/** Keys of incidents that are open. */
function open(): string[] {
  const state = new Map(pagerDuty.events.map(({ key, action }) => [key, action]));
  return [...state].filter(([, action]) => action === 'trigger').map(([key]) => key);
}
