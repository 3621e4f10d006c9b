import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { lineOf, suffer, type Case, type Outcome } from './harness/edge-case.js';
import { EdgeClient } from './harness/edge-client.js';
import { arrive, Load, type LoadKind, type Tally, type Visitor } from './harness/edge-load.js';
import { fleetCommand } from './harness/fleet-command.js';
import { fleetInstalled, RunningFleet } from './harness/fleet.js';
import { askTraced, stranger } from './harness/traced-request.js';
import { anotherVersion, withMigration } from './harness/releases.js';
import { patient } from './harness/pace.js';

vi.setConfig({ testTimeout: patient(150_000) });

if (!fleetInstalled)
  console.warn('the fleet is skipped: `npm run fleet` installs haproxy, pgbouncer and pdns-server');

/** The short form of test/edge: a small chain and a low rate. */
const PER_SECOND = 30;

/** Tracing is on, only for requests that ask for it; no collector receives the traces. */
const tracing = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_TRACES_SAMPLER_ARG: '0' };
const patience = { timeout: patient(20_000), interval: 50 };

describe.skipIf(!fleetInstalled)('a fleet', () => {
  let fleet: RunningFleet;
  let client: EdgeClient;
  let visitor: Visitor;
  let builds: string;

  beforeAll(async () => {
    builds = mkdtempSync(join(tmpdir(), 'narwhal-builds-'));
    fleet = await RunningFleet.startWith(
      tracing,
      '--haproxy',
      '2',
      '--nginx',
      '2',
      '--api',
      '2',
      '--worker',
      '1',
    );
    client = new EdgeClient(fleet);
    visitor = await arrive(client);
  });
  afterAll(async () => {
    client?.close();
    await fleet?.stop();
    rmSync(builds, { recursive: true, force: true });
  });

  const bear = async (target: string, fault: Case['fault']) => {
    const outcome = await suffer(fleet, client, visitor, {
      target,
      fault,
      perSecond: PER_SECOND,
      seconds: [0.5, 2.5, 1],
    });
    console.log(lineOf({ target, fault }, outcome));
    expect(
      Object.values(outcome.tallies)
        .flatMap(({ faults }) => faults)
        .slice(0, 5),
    ).toEqual([]);
    return outcome;
  };

  /** An api's log line about a request. */
  const logged = (requestId: string): string =>
    ['api-1', 'api-2']
      .flatMap((part) => fleet.log(part).split('\n'))
      .find((line) => line.includes(requestId)) ?? '';

  const readAgain = ({ tallies: { get, get2 } }: Outcome) => get.again + get2.again;
  /** A fault with the api's own reason for it, where the answer names its request. */
  const withReason = (fault: string) => {
    const requestId = /"requestId":"([^"]+)/.exec(fault)?.[1];
    return requestId ? `${fault}\n${logged(requestId)}` : fault;
  };
  const nobodyNoticed = (tallies: Record<LoadKind, Tally>) => {
    for (const { faults, again } of Object.values(tallies))
      expect({ faults: faults.slice(0, 5).map(withReason), again }).toEqual({ faults: [], again: 0 });
  };

  test('loses an NGINX, an api and a HAProxy, and nobody a request', async () => {
    expect(readAgain(await bear('nginx-2', 'kill'))).toBe(0);
    expect(readAgain(await bear('api-2', 'pause'))).toBe(0);
    await bear('haproxy-2', 'kill');
  });

  test('takes one more NGINX in and lets one go while it serves', async () => {
    const load = new Load(client, visitor, PER_SECOND);
    expect(await fleet.order('add', 'nginx')).toContain('nginx-3');
    await fleet.order('remove', 'nginx-1');
    await fleet.order('add', 'nginx');
    const rows = await fleet.rows();
    await fleet.order('remove', 'nginx-3');
    nobodyNoticed(await load.finish());
    // Each part's rate is sampled every second, and drawn.
    for (const part of ['haproxy-1', 'nginx-2', 'api-1']) {
      const { rates = [] } = rows.find((row) => row.part === part) ?? {};
      expect([part, Math.max(...rates.map(Number)) > 0]).toEqual([part, true]);
    }
    expect(await fleet.order('status')).toMatch(/nginx-2 .* [▁▂▃▄▅▆▇█]{2,}/);
  });

  test.skipIf(!stranger)(
    'traces what an operator asks for, and nothing that a stranger asks for',
    async () => {
      const [operator, passerBy] = await Promise.all([askTraced(fleet), askTraced(fleet, stranger)]);
      await expect
        .poll(() => logged(operator.requestId), patience)
        .toContain(`"traceId":"${operator.traceId}"`);
      await expect.poll(() => logged(passerBy.requestId), patience).toContain('"/v1/instance"');
      expect(logged(passerBy.requestId)).not.toContain('traceId');
    },
  );

  test('is given another version, with a migration, without a failed request', async () => {
    const load = new Load(client, visitor, PER_SECOND);
    const said = await fleet.order('deploy', withMigration(builds, 'next'));
    nobodyNoticed(await load.finish());
    expect(said).toMatch(/^Version [0-9a-f]{10} runs everywhere \(5 parts\)/);
  });

  test('goes on as it is when NGINX refuses what a version makes', async () => {
    const folder = anotherVersion(builds, 'odd', 'infra/nginx/main.js', "process.stdout.write('nonsense;');");
    await expect(fleet.order('deploy', folder)).rejects.toThrow(
      /NGINX refuses .*goes on as it is\.\n.*unknown directive "nonsense"/s,
    );
    await fleet.untilWhole();
    expect((await client.send({ method: 'GET', path: '/v1/instance' })).status).toBe(200);
  });

  test('is not started a second time, and goes on', async () => {
    const { code, text } = await fleetCommand(fleet.folder, ['--net', '19']);
    expect([code, text]).toEqual([
      1,
      expect.stringMatching(/A fleet already runs on this data folder.*--net 78/s),
    ]);
    await fleet.untilWhole();
  });
});
