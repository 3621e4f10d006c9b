import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { spawnSync } from 'node:child_process';
import { root } from '../../tools/dev/install.mjs';
import type { Application } from '../harness/application.js';
import { cable, type Cable } from '../harness/cable.js';
import { PASSWORD, signUp, type Person } from '../harness/people.js';
import { servers } from '../harness/servers.js';
import { startStack, type Stack } from '../harness/stack.js';
import { Front } from './front.js';
import { PagerDuty } from './pagerduty.js';
import { built, run, type Program } from './programs.js';
import { startResolver } from './resolver.js';
import { startStandby, type Standby } from './standby.js';
import { startWatchers, type Watchers } from './watchers.js';

/** A Narwhal with all its monitoring, and the parts that faults need. */
export interface WatchFixtures {
  stack: Stack;
  ada: Person;
  /** An api whose connection to PostgreSQL can be slowed, whose photos are on a small disk, and which leaks on request. */
  guest: Application;
  toPostgres: Cable;
  /** The folder of that disk, which has two gigabytes. */
  disk: string;
  /** An api with rate limits, as in production. */
  crowded: Application;
  front: Front;
  resolver: Program;
  standby: Standby;
  watchers: Watchers;
  pagerDuty: PagerDuty;
  stop(): Promise<void>;
}

export const onDisk = (...args: string[]): boolean => spawnSync(args[0] ?? '', args.slice(1)).status === 0;

/** The username of the synthetic check. */
export const VISITOR = 'narwhal.visitor';
const visits = { VISIT_LOGIN: VISITOR, VISIT_PASSWORD: PASSWORD, VISIT_EVERY: '3' };

async function settle(stack: Stack): Promise<Person> {
  const [ada] = await Promise.all([signUp(stack, 'ada'), signUp(stack, VISITOR)]);
  run(process.execPath, [built('apps', 'cli', 'src', 'main.js'), 'admin', 'synthetic', VISITOR], {
    DATABASE_URL: stack.database.operatorUrl,
    REDIS_URL: stack.redis.url,
  });
  return ada;
}

function smallDisk(folder: string): string {
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  onDisk('mount', '-t', 'tmpfs', '-o', 'size=2g', 'tmpfs', disk);
  return disk;
}

export async function startFixtures(): Promise<WatchFixtures> {
  const folder = join(servers().folder, 'watchers');
  mkdirSync(folder);
  const [stack, pagerDuty, standby, resolver] = await Promise.all([
    startStack({ env: visits }),
    PagerDuty.start(),
    startStandby(),
    startResolver(folder, 'localhost'),
  ]);
  const [disk, toPostgres] = [smallDisk(folder), await cable(stack.database.url)];
  const leak = pathToFileURL(join(root, 'test', 'watch', 'leak.mjs')).href;
  const [ada, front, guest, crowded] = await Promise.all([
    settle(stack),
    Front.start(folder, stack.url, 400),
    stack.guest({
      DATABASE_URL: toPostgres.url,
      STORAGE_DIR: join(disk, 'objects'),
      NODE_OPTIONS: `--import=${leak}`,
    }),
    stack.guest({ RATE_LIMITS: 'on' }),
  ]);
  const watchers = await startWatchers({
    folder,
    site: front.url,
    ca: front.caFile,
    apis: [stack.api, guest, crowded].map(({ metricsUrl }) => metricsUrl),
    workers: [stack.worker.metricsUrl],
    resolver: resolver.address,
    pagerDuty: pagerDuty.url,
  });
  const stop = async () => {
    const { prometheus, alertmanager, blackbox } = watchers;
    await Promise.all([prometheus, alertmanager, blackbox, resolver.program].map((each) => each.stop()));
    await Promise.all([stack.stop(), front.stop(), pagerDuty.stop(), standby.stop()]);
    await toPostgres.close();
    onDisk('umount', disk);
  };
  return {
    stack,
    ada,
    guest,
    toPostgres,
    disk,
    crowded,
    front,
    resolver: resolver.program,
    standby,
    watchers,
    pagerDuty,
    stop,
  };
}
