import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../../tools/dev/install.mjs';
import type { Fault } from './faults/fault.js';
import { requestFaults } from './faults/requests.js';
import { quickFaults } from './faults/site.js';
import { storeFaults } from './faults/stores.js';
import { nobodyWorks, workFaults } from './faults/work.js';
import { Incidents } from './incidents.js';
import { ROUTING_KEY } from './pagerduty.js';
import { startFixtures, type WatchFixtures } from './fixtures.js';
import { patient } from '../harness/pace.js';

let fixtures: WatchFixtures;
let incidents: Incidents;

beforeAll(async () => {
  fixtures = await startFixtures();
  incidents = new Incidents(fixtures.pagerDuty);
});
afterAll(() => fixtures.stop());

const patience = { timeout: patient(60_000), interval: 100 };
const runbook = (alert = '') => `https://example.org/narwhal/docs/runbooks/${alert}.md`;

async function suffer(fault: Fault): Promise<void> {
  for (const incident of await incidents.suffer(fixtures, fault))
    expect(incident.links?.map(({ href }) => href)).toContain(runbook(incident.class));
}
const named = (faults: readonly Fault[]) => faults.map((fault): [string, Fault] => [fault.what, fault]);

// The faults of one group disturb neither each other nor the detection of the others, so they are caused at once.
describe.concurrent('each of these wakes somebody, and lets them sleep again', () => {
  test.each(named([...requestFaults, ...workFaults, ...quickFaults]))('%s', (_, fault) => suffer(fault));
});

describe('what is down', () => {
  test.each(
    named([
      {
        what: 'the site is down',
        alerts: ['SiteIsDown', 'ProcessIsDown'],
        cause: ({ stack }) => stack.api.kill(),
        mend: ({ stack }) => stack.api.start(),
      },
      {
        what: 'Redis is broken',
        alerts: ['StoreIsAway'],
        cause: ({ stack }) => stack.redis.stop(),
        mend: ({ stack }) => stack.redis.start(),
      },
    ]),
  )('%s', (_, fault) => suffer(fault));

  test('a process that goes down with an incident of its own leaves none behind', async () => {
    const { guest, toPostgres } = fixtures;
    await incidents.calm(['StoreIsAway', 'ProcessIsDown']);
    const begun = Date.now();
    toPostgres.cut();
    const away = await incidents.event('StoreIsAway', 'trigger', begun);
    await guest.kill();
    const down = await incidents.event('ProcessIsDown', 'trigger', begun);
    await incidents.event('StoreIsAway', 'resolve', begun, away.key);
    const mended = Date.now();
    await toPostgres.mend();
    await guest.start();
    await incidents.event('ProcessIsDown', 'resolve', mended, down.key);
  });
});

// Separated from the first by the tests in between, since adjacent concurrent groups would be one.
describe.concurrent('and each of these, which takes longer to tell', () => {
  test.each(named([nobodyWorks, ...storeFaults]))('%s', (_, fault) => suffer(fault));

  test('a part that flaps is one incident', async () => {
    const { front, pagerDuty } = fixtures;
    await incidents.calm(['SiteIsDown']);
    const begun = Date.now();
    await front.stop();
    const { key } = await incidents.event('SiteIsDown', 'trigger', begun);
    for (let again = 0; again < 3; again += 1) {
      await front.serve(400);
      await sleep(1_500);
      await front.stop();
      await sleep(1_500);
    }
    await front.serve(400);
    await incidents.event('SiteIsDown', 'resolve', begun);
    const since = pagerDuty.events.filter(({ at }) => at >= begun);
    const triggers = since.filter((one) => one.class === 'SiteIsDown' && one.action === 'trigger');
    expect([...new Set(triggers.map((one) => one.key))]).toEqual([key]);
    expect(since.filter((one) => one.action === 'resolve' && one.key === key)).toHaveLength(1);
  });
});

describe('an incident', () => {
  test('that PagerDuty does not hear of is kept, and sent when it is back', async () => {
    const { front, pagerDuty, watchers } = fixtures;
    await pagerDuty.goAway();
    const begun = Date.now();
    await front.stop();
    await expect.poll(() => watchers.known(), patience).toContain('SiteIsDown');
    expect(pagerDuty.find('SiteIsDown', 'trigger', begun)).toBeUndefined();
    await pagerDuty.comeBack();
    await incidents.event('SiteIsDown', 'trigger', begun);
    await front.serve(400);
    await incidents.event('SiteIsDown', 'resolve', begun);
  });

  test('that Alertmanager cannot tell is told by the process itself, also later when PagerDuty was away too', async () => {
    const { pagerDuty, stack, watchers } = fixtures;
    const api = await stack.guest({
      WATCHED_BY: `${watchers.alertmanagerUrl}/-/healthy`,
      WATCHED_EVERY: '200',
      PAGERDUTY_ROUTING_KEY: ROUTING_KEY,
      PAGERDUTY_URL: pagerDuty.url,
    });
    await pagerDuty.goAway();
    const begun = Date.now();
    await watchers.alertmanager.stop();
    await expect.poll(() => api.log(), patience).toContain('is not monitored');
    await pagerDuty.comeBack();
    const opened = await incidents.event('WatcherIsAway', 'trigger', begun);
    const mended = Date.now();
    await watchers.alertmanager.start();
    const ended = await incidents.event('WatcherIsAway', 'resolve', begun, opened.key);
    incidents.note('Alertmanager is away', opened, begun, { mended, ended });
    await api.stop();
  });

  test('is written by the published schema, every time', () => {
    expect(fixtures.pagerDuty.faults).toEqual([]);
    expect(fixtures.pagerDuty.events.length).toBeGreaterThan(50);
  });
});

test('every alert was caused for real', () => {
  console.log('\ntime from the fault to the incident, and from mending to its end (looks every second):');
  console.log(incidents.table());
  const rules = readFileSync(join(root, 'infra', 'alerts', 'narwhal.rules.yml'), 'utf8');
  const alerts = [...rules.matchAll(/^ *- alert: (\w+)$/gm)].map(([, name]) => name);
  // The processes themselves report the last one.
  expect(new Set(incidents.caused())).toEqual(new Set([...alerts, 'WatcherIsAway']));
});
