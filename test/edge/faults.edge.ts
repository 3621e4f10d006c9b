import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lineOf, suffer, type Case, type Outcome } from '../harness/edge-case.js';
import { edgeRate } from '../harness/env.js';
import { EdgeClient } from '../harness/edge-client.js';
import { arrive, bearablePace, commentsOf, Load, type Visitor } from '../harness/edge-load.js';
import { fleetInstalled, hostsPossible, RunningFleet } from '../harness/fleet.js';
import { patient } from '../harness/pace.js';

const SECONDS: Case['seconds'] = [1, 4, 1.5];

if (!hostsPossible) console.warn('lost hosts are skipped: pulling a cable takes root and network namespaces');

describe.skipIf(!fleetInstalled)(
  `faults under ${edgeRate()} requests a second, or what the machine bears`,
  () => {
    let fleet: RunningFleet;
    let client: EdgeClient;
    let visitor: Visitor;
    let perSecond: number;

    beforeAll(async () => {
      fleet = await RunningFleet.start('--worker', '1', ...(hostsPossible ? ['--hosts'] : []));
      client = new EdgeClient(fleet);
      visitor = await arrive(client);
      perSecond = await bearablePace(client, visitor, edgeRate());
      console.log(`${perSecond} requests a second`);
    });
    afterAll(async () => {
      client?.close();
      await fleet?.stop();
    });

    const bear = async (target: string, fault: Case['fault']): Promise<Outcome> => {
      const outcome = await suffer(fleet, client, visitor, {
        target,
        fault,
        perSecond,
        seconds: SECONDS,
      });
      console.log(lineOf({ target, fault }, outcome));
      return outcome;
    };

    /** No failures: reads on their own, writes after at most one retry by the client. */
    const nothingFailed = ({ tallies }: Outcome) =>
      expect(
        Object.values(tallies)
          .flatMap(({ faults }) => faults)
          .slice(0, 5),
      ).toEqual([]);
    /** In addition, no client had to retry a read. */
    const readsAnswered = (outcome: Outcome) => {
      nothingFailed(outcome);
      const { get, get2 } = outcome.tallies;
      expect([get.again, get2.again]).toEqual([0, 0]);
    };
    /** In addition, no client had to do anything. */
    const nobodyNoticed = (outcome: Outcome) => {
      nothingFailed(outcome);
      expect(Object.values(outcome.tallies).map(({ again }) => again)).toEqual([0, 0, 0, 0]);
    };
    const halfAnswered = ({ tallies: { get, get2 } }: Outcome) =>
      expect(get.failed + get2.failed).toBeLessThan((get.sent + get2.sent) / 2);

    describe('nginx-2', () => {
      test('killed', async () => readsAnswered(await bear('nginx-2', 'kill')));
      test('hung', async () => readsAnswered(await bear('nginx-2', 'pause')));
      test('stopped in order: nobody notices', async () => nobodyNoticed(await bear('nginx-2', 'drain')));
      test.skipIf(!hostsPossible)('lost with its host', async () =>
        readsAnswered(await bear('nginx-2', 'unplug')),
      );
    });

    describe('api-2', () => {
      test('killed', async () => readsAnswered(await bear('api-2', 'kill')));
      test('hung: reads go to another api', async () => readsAnswered(await bear('api-2', 'pause')));
      test('stopped in order: nobody notices', async () => nobodyNoticed(await bear('api-2', 'drain')));
      test.skipIf(!hostsPossible)('lost with its host', async () =>
        readsAnswered(await bear('api-2', 'unplug')),
      );
    });

    describe('haproxy-2', () => {
      test('killed', async () => nothingFailed(await bear('haproxy-2', 'kill')));
      test('hung: what was sent to it is lost with it, and everybody else goes on', async () => {
        const outcome = await bear('haproxy-2', 'pause');
        expect(outcome.out).toBeLessThan(8_000);
        halfAnswered(outcome);
      });
      test('stopped in order: nobody notices', async () => nobodyNoticed(await bear('haproxy-2', 'drain')));
      test.skipIf(!hostsPossible)('lost with its host: DNS names the other, and clients go on', async () => {
        const outcome = await bear('haproxy-2', 'unplug');
        expect(outcome.out).toBeLessThan(8_000);
        halfAnswered(outcome);
      });
    });

    describe('postgres-replica', () => {
      const followed = async () => {
        for (const deadline = Date.now() + patient(30_000); ; await sleep(200)) {
          const row = (await fleet.rows()).find(({ part }) => part === 'postgres-replica');
          if (row?.rotation === 'streaming, 0 bytes behind') return;
          if (Date.now() > deadline)
            throw new Error(`expected a replica that follows but received "${row?.rotation}"`);
        }
      };

      const commented = (load: Load) =>
        expect.poll(() => load.written.length, { timeout: patient(30_000) }).toBeGreaterThan(20);

      test('replaced by a fresh copy: nobody notices', async () => {
        const load = new Load(client, visitor, perSecond);
        await fleet.order('replace', 'postgres-replica');
        const tallies = await load.finish();
        nobodyNoticed({ tallies, out: undefined });
        await followed();
      });

      test('promoted, once the primary is lost: what was written is there, and more is taken', async () => {
        await expect(fleet.order('promote', 'postgres-replica')).rejects.toThrow(
          /postgres-primary is up.*second primary.*Nothing was changed/s,
        );
        const load = new Load(client, visitor, perSecond);
        await commented(load);
        await load.finish();
        await followed();
        await fleet.order('kill', 'postgres-primary');
        const headers = { authorization: `Bearer ${visitor.token}` };
        const meanwhile = await client.send({ method: 'GET', path: '/v1/me', headers });
        expect(meanwhile).toMatchObject({ status: 503 });
        expect(await fleet.order('promote', 'postgres-replica')).toContain('postgres-primary is up');
        await fleet.untilWhole();
        const after = new Load(client, visitor, perSecond);
        await commented(after);
        nothingFailed({ tallies: await after.finish(), out: undefined });
        const seen = await commentsOf(client, visitor);
        expect([...load.written, ...after.written].filter((text) => seen.get(text) !== 1)).toEqual([]);
        await followed();
      });
    });
  },
);
