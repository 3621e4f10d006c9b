import { chmodSync, copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { root } from '../../tools/dev/install.mjs';
import { signIn, signUp } from '../harness/people.js';
import { muninDay } from '../harness/env.js';
import { drawn } from '../harness/pictures.js';
import { servers } from '../harness/servers.js';
import { startStack, type Stack } from '../harness/stack.js';
import { Day, DAY, timeOf } from './day.js';
import { Munin } from './munin.js';
import { PagerDuty, ROUTING_KEY } from './pagerduty.js';
import { patient } from '../harness/pace.js';

vi.setConfig({ hookTimeout: patient(120_000) });

const plugin = join(root, 'infra', 'munin', 'narwhal_');
/** The parts whose graphs are checked; a sample of each starts a process. */
const sampled = ['product', 'requests', 'later_work'];
const parts = ['product', 'requests', 'later_work', 'stores', 'processes', 'watching'];
const pictures = muninDay();
/** Samples taken while people are busy; drawn as if five minutes apart. */
const SAMPLES = pictures ? DAY : 12;

let stack: Stack;
let munin: Munin;
let pagerDuty: PagerDuty;
let folder: string;

/** A plugin that replays earlier output of ours, a line for each sample: a graph of hours, from a run of seconds. */
function replay(name: string, config: string, samples: readonly string[]): string {
  // One section per graph, with all its lines: of two sections of one name Munin keeps the last.
  const lines = new Map<string, string[]>();
  for (const [index, sample] of samples.entries()) {
    const at = timeOf(index, samples.length).getTime() / 1000;
    for (const section of sample.split(/^(?=multigraph )/m)) {
      const [graph = '', ...values] = section.split('\n').filter(Boolean);
      const stamped = values.map((line) => line.replace(/\.value (\S+)/, `.value ${at}:$1`));
      lines.set(graph, [...(lines.get(graph) ?? []), ...stamped]);
    }
  }
  const stamped = [...lines].map(([graph, values]) => [graph, ...values, ''].join('\n'));
  const file = join(folder, name);
  writeFileSync(`${file}.config`, config);
  writeFileSync(`${file}.values`, stamped.join('\n'));
  writeFileSync(file, `#!/bin/sh\n[ "$1" = config ] && exec cat ${file}.config\nexec cat ${file}.values\n`);
  chmodSync(file, 0o755);
  return file;
}

const bare = (answer: string) =>
  answer
    .split('\n')
    .filter((line) => !/^(#|cap |\.$)/.test(line))
    .join('\n');

/** The drawn graphs; all of them by day, week, month and year would take the master a minute. */
const graphs = ['requests', 'posts', 'request_p95', 'jobs'];

/** A plugin's output for these graphs alone. */
const onlyDrawn = (text: string) =>
  text
    .split(/^(?=multigraph )/m)
    .filter((section) => graphs.some((graph) => section.startsWith(`multigraph narwhal_${graph}\n`)))
    .join('');

beforeAll(async () => {
  folder = join(servers().folder, 'munin');
  mkdirSync(folder);
  [stack, pagerDuty] = await Promise.all([startStack(), PagerDuty.start()]);
  munin = new Munin(join(folder, 'real'));
  const urls = [stack.api, stack.worker].map(({ metricsUrl }) => metricsUrl).join(' ');
  await munin.start(Object.fromEntries(parts.map((part) => [`narwhal_${part}`, plugin])), { urls });
});
afterAll(async () => {
  await munin.stop();
  await Promise.all([stack.stop(), pagerDuty.stop()]);
});

describe('the plugins, by the protocol of a real munin-node', () => {
  test('are listed as multigraph plugins', async () => {
    const list = await munin.ask('cap multigraph dirtyconfig', 'list narwhal.test');
    for (const part of parts) expect(list).toContain(`narwhal_${part}`);
  });

  test('tell graphs with titles, levels and, for a master that can, the values at once', async () => {
    const config = await munin.ask('cap multigraph', 'config narwhal_later_work');
    expect(config).toContain('multigraph narwhal_queue_age');
    expect(config).toContain('f_deliver.label deliver');
    expect(config).toContain('f_deliver.warning :60');
    if (!config.includes('f_deliver.critical :300'))
      throw new Error(`expected levels but received ${config}`);
    expect(config).not.toContain('.value');
    const dirty = await munin.ask('cap multigraph dirtyconfig', 'config narwhal_later_work');
    expect(dirty).toMatch(/f_deliver\.value \S+/);
  });

  test('tell rates of the time since the last call, and U at the first', async () => {
    expect(await munin.ask('fetch narwhal_product')).toContain('multigraph narwhal_likes\nvalue.value U');
    const ada = await signUp(stack, 'ada');
    await ada.like(await ada.post([await ada.upload(await drawn())]));
    await stack.folded();
    const told = await munin.ask('fetch narwhal_product');
    expect(Number(/multigraph narwhal_likes\nvalue\.value (\S+)/.exec(told)?.[1])).toBeGreaterThan(0);
    expect(Number(/multigraph narwhal_signups\nvalue\.value (\S+)/.exec(told)?.[1])).toBeGreaterThan(0);
  });

  test('say U, not 0, when nothing answers', async () => {
    await stack.api.kill();
    await stack.worker.kill();
    const told = await munin.ask('fetch narwhal_later_work');
    expect(told).toContain('multigraph narwhal_queue_age\nf_deliver.value U');
    expect(told).not.toMatch(/\.value \d/);
    await stack.start();
  });
});

/** As munin-limits runs it: with a separate file for the settings, since plugin-conf.d does not reach it. */
function contactOf(of: Munin): string {
  const keyFile = join(folder, 'pagerduty-key');
  writeFileSync(keyFile, ROUTING_KEY);
  const file = join(of.folder, 'contact');
  const spool = join(of.folder, 'run', 'incidents');
  const program = join(root, 'infra', 'munin', 'narwhal-contact');
  writeFileSync(
    file,
    `#!/bin/sh\nexport PAGERDUTY_ROUTING_KEY_FILE=${keyFile} PAGERDUTY_URL=${pagerDuty.url} NARWHAL_SPOOL=${spool}\nexec ${process.execPath} ${program} "$@"\n`,
  );
  chmodSync(file, 0o755);
  return file;
}

describe('a real master', () => {
  let drawnBy: Munin;

  beforeAll(
    async () => {
      const busy = new AbortController();
      const day = pictures ? new Day(stack) : undefined;
      const load = people(busy.signal, () => day?.share ?? 1);
      const samples = Object.fromEntries(sampled.map((part) => [part, [] as string[]]));
      for (let count = 0; count <= SAMPLES; count += 1) {
        await day?.turnTo(count - 1);
        for (const part of sampled)
          samples[part]?.push(onlyDrawn(bare(await munin.ask(`fetch narwhal_${part}`))));
      }
      busy.abort();
      await load;
      const config = (part: string) =>
        munin.ask('cap multigraph', `config narwhal_${part}`).then(bare).then(onlyDrawn);
      const plugins: Record<string, string> = {};
      for (const part of sampled)
        plugins[`narwhal_${part}`] = replay(
          `replay_${part}`,
          await config(part),
          samples[part]?.slice(1) ?? [],
        );
      drawnBy = new Munin(join(folder, 'drawn'));
      await drawnBy.start(plugins, {});
    },
    patient(pictures ? 1_200_000 : 120_000),
  );
  afterAll(() => drawnBy.stop());

  test('draws them', async () => {
    await drawnBy.cycle(contactOf(drawnBy));
    for (const graph of graphs) {
      const file = join(drawnBy.folder, 'www', 'test', 'narwhal.test', `narwhal_${graph}-day.png`);
      expect(existsSync(file) ? '' : graph).toBe('');
      const { width, height } = await sharp(file).metadata();
      expect(width).toBeGreaterThan(400);
      expect(height).toBeGreaterThan(150);
      // More than a frame: an empty graph has only white, grey and black.
      const { channels } = await sharp(file).stats();
      expect(Math.max(...channels.map(({ stdev }) => stdev))).toBeGreaterThan(20);
      if (pictures && ['requests', 'jobs'].includes(graph))
        copyFileSync(file, join(pictures, `munin-${graph}.png`));
    }
  });
});

/** A plugin whose values a test sets, with the graphs and levels of ours. */
class Planted {
  private readonly file: string;

  constructor(
    folder: string,
    private readonly config: string,
  ) {
    this.file = join(folder, 'planted');
  }

  /** The file that munin-node runs. */
  told(values: string): string {
    writeFileSync(`${this.file}.config`, this.config);
    writeFileSync(`${this.file}.values`, values);
    writeFileSync(
      this.file,
      `#!/bin/sh\n[ "$1" = config ] && exec cat ${this.file}.config\nexec cat ${this.file}.values\n`,
    );
    chmodSync(this.file, 0o755);
    return this.file;
  }
}

describe("a master's contact command", () => {
  const graph = 'multigraph narwhal_queue_age';
  const patience = { timeout: patient(30_000), interval: 100 };
  let master: Munin;
  let planted: Planted;

  beforeAll(async () => {
    const told = bare(await munin.ask('cap multigraph', 'config narwhal_later_work'));
    const config = told.split(/^(?=multigraph )/m).find((section) => section.startsWith(`${graph}\n`)) ?? '';
    if (!config.includes('f_deliver.critical :300'))
      throw new Error(`expected levels but received ${config}`);
    planted = new Planted(folder, config);
    master = new Munin(join(folder, 'alarming'));
    await master.start({ narwhal_later_work: planted.told(`${graph}\nf_deliver.value 1\n`) }, {});
  });
  afterAll(() => master.stop());

  const look = (seconds: number) => {
    planted.told(`${graph}\nf_deliver.value ${seconds}\n`);
    return master.limits(contactOf(master));
  };
  const found = (action: 'trigger' | 'resolve', since: number) => () =>
    pagerDuty.find('QueueIsOld', action, since);

  test('opens an incident at a critical level, with its runbook, and ends it when all is well', async () => {
    const begun = Date.now();
    await look(400);
    await expect.poll(found('trigger', begun), patience).toMatchObject({ severity: 'critical' });
    const { key } = found('trigger', begun)() ?? {};
    await look(400);
    await look(2);
    await expect.poll(found('resolve', begun), patience).toMatchObject({ key });
    expect(new Set(pagerDuty.events.map((event) => event.key)).size).toBe(1);
  });

  test('keeps what PagerDuty does not take, and sends it with the next look', async () => {
    await pagerDuty.goAway();
    const begun = Date.now();
    await look(400);
    expect(found('trigger', begun)()).toBeUndefined();
    await pagerDuty.comeBack();
    await look(400);
    await expect.poll(found('trigger', begun), patience).toBeDefined();
    expect(pagerDuty.faults).toEqual([]);
  });
});

/** Two people who post, like and read until they are stopped, in this share of the time. */
async function people(until: AbortSignal, share: () => number): Promise<void> {
  let [grace, mary] = await Promise.all([signUp(stack, 'grace'), signUp(stack, 'mary')]);
  await mary.follow(grace);
  for (let [seed, since] = [500, Date.now()]; !until.aborted; seed += 1) {
    // A token ends after a quarter of an hour.
    if (Date.now() - since > 600_000) {
      [grace, mary] = await Promise.all([signIn(stack, 'grace'), signIn(stack, 'mary')]);
      since = Date.now();
    }
    const post = await grace.post([await grace.send(await drawn({ seed, width: 320, height: 240 }))]);
    for (let reads = 0; reads < 20 && !until.aborted; reads += 1) {
      const begun = performance.now();
      await mary.feed();
      await sleep((performance.now() - begun) * (1 / share() - 1));
    }
    await mary.like(post).catch(() => undefined);
  }
}
