import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EdgeClient } from '../harness/edge-client.js';
import { arrive, bearablePace, Load, type Tally, type Visitor } from '../harness/edge-load.js';
import { edgeRate } from '../harness/env.js';
import { fleetInstalled, RunningFleet } from '../harness/fleet.js';
import { patient } from '../harness/pace.js';
import { anotherVersion, withMigration } from '../harness/releases.js';

/** Every part is replaced in turn, beside a load that takes what the machine has left. */
const DEPLOY = { timeout: patient(180_000) };

describe.skipIf(!fleetInstalled)(
  `deploys under ${edgeRate()} requests a second, or half of what the machine bears`,
  () => {
    let fleet: RunningFleet;
    let client: EdgeClient;
    let visitor: Visitor;
    let perSecond: number;
    let builds: string;

    beforeAll(async () => {
      builds = mkdtempSync(join(tmpdir(), 'narwhal-builds-'));
      fleet = await RunningFleet.start('--worker', '1', '--api', '2');
      client = new EdgeClient(fleet);
      visitor = await arrive(client);
      // The machine has to start every part anew beside the load, which takes about half of it.
      perSecond = Math.min(edgeRate(), Math.round((await bearablePace(client, visitor, 2 * edgeRate())) / 2));
      console.log(`${perSecond} requests a second`);
    });
    afterAll(async () => {
      client?.close();
      await fleet?.stop();
      rmSync(builds, { recursive: true, force: true });
    });

    const underLoad = async (work: () => Promise<void>) => {
      const load = new Load(client, visitor, perSecond);
      await work();
      const tallies = Object.values(await load.finish());
      const all = (of: (tally: Tally) => number) => tallies.map(of);
      const sum = (numbers: number[]) => numbers.reduce((total, each) => total + each, 0);
      console.log(
        `${sum(all(({ sent }) => sent))} requests, ${sum(all(({ failed }) => failed))} failed, slowest ${Math.round(Math.max(...all(({ slowest }) => slowest)))} ms`,
      );
      expect(tallies.flatMap(({ faults }) => faults).slice(0, 5)).toEqual([]);
      expect(all(({ again }) => again)).toEqual(tallies.map(() => 0));
    };

    test('of a version with a migration: every part runs it, and no request fails', DEPLOY, () =>
      underLoad(async () => {
        expect(await fleet.order('deploy', withMigration(builds, 'next'))).toContain('runs everywhere');
      }),
    );

    test(
      'of an api that does not start: every part runs the old one again, and no request fails',
      DEPLOY,
      () =>
        underLoad(async () => {
          const before = (await fleet.order('status')).split('\n').at(-1);
          const broken = anotherVersion(
            builds,
            'broken',
            'apps/api/src/main.js',
            "throw new Error('not today');\n",
          );
          await expect(fleet.order('deploy', broken)).rejects.toThrow(
            /was not healthy, and every part runs [0-9a-f]{10} again:\napi-1 .*not today/s,
          );
          expect((await fleet.order('status')).split('\n').at(-1)).toBe(before);
          await fleet.untilWhole();
        }),
    );

    test('of an api that starts and then fails what it is asked', DEPLOY, () =>
      underLoad(async () => {
        const odd = anotherVersion(builds, 'odd', 'apps/api/src/instance/instance.controller.js', (old) =>
          old.replace(
            /async getInstance\(/,
            "async getInstance() { throw new Error('no'); }\n    async never(",
          ),
        );
        await expect(fleet.order('deploy', odd)).rejects.toThrow('does not answer as it should');
        await fleet.untilWhole();
      }),
    );
  },
);
