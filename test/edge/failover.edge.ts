import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { modelSeed } from '../harness/env.js';
import { fleetInstalled, hostsPossible } from '../harness/fleet.js';
import { JournalRun } from '../harness/journal-run.js';
import { patient } from '../harness/pace.js';
import { freeze } from '../harness/process-tree.js';
import { Witness } from '../harness/witness.js';
import { FleetStack, patroniInstalled } from '../servers/fleet-stack.js';
import { signal } from '../../tools/dev/processes.ts';

if (!patroniInstalled)
  console.warn('failover is skipped: `npm run fleet -- --patroni` installs what it takes');

vi.setConfig({ testTimeout: patient(180_000), hookTimeout: patient(240_000) });

/** Longer than the leader's lease of ten seconds. */
const LONG = 15_000;
const HUNG = 60_000;
const ETCD_AWAY = 30_000;
/** Several times what was measured on a busy machine: what nobody is to notice ends long before a primary would give way. */
const UNNOTICED = Math.min(patient(5_000), LONG / 2);
const etcd = ['etcd-1', 'etcd-2', 'etcd-3'];

describe.skipIf(!fleetInstalled || !patroniInstalled)('PostgreSQL fails over by itself', () => {
  let stack: FleetStack;
  let run: JournalRun;
  let witness: Witness;

  beforeAll(async () => {
    const seed = modelSeed();
    console.log(`the journal: seed ${seed}`);
    stack = await FleetStack.start(...(hostsPossible ? ['--hosts'] : []));
    await stack.ready(patient(60_000));
    run = await JournalRun.start(stack, seed);
    witness = await Witness.start(stack);
  });
  afterAll(async () => {
    await witness?.end();
    await run?.end();
    console.log(run?.journal.table());
    await stack?.stop();
  });

  /**
   * Begins once the fault before it is over: a primary without a synchronous replica is replaced by nobody. `fault` gets the
   * name of the primary, and settles when its cause is gone; then everything rejoins by itself. For `longest` milliseconds at
   * most nothing is confirmed.
   */
  const drill = async (
    name: string,
    longest: number,
    fault: (primary: string) => Promise<unknown>,
  ): Promise<string> => {
    await stack.ready(patient(60_000));
    const primary = await stack.primary();
    witness.reset();
    await run.under(name, async () => void (await fault(primary)));
    const [gap, people] = [witness.gap, run.journal.longestSilence];
    expect(await witness.lost()).toEqual([]);
    const now = await stack.primary();
    console.log(
      `${name}: ${gap.toFixed(1)} s without a confirmed write (${people.toFixed(1)} s for people); ${primary} -> ${now}`,
    );
    expect(gap).toBeLessThan(longest / 1_000);
    return now === primary ? 'stays' : 'changes';
  };

  /** The primary is stopped until another one leads. */
  const anotherLeads = (primary: string) =>
    expect
      .poll(() => stack.primary().catch(() => primary), { timeout: patient(60_000), interval: 200 })
      .not.toBe(primary);

  test('its process is killed', async () => {
    const killed = async (at: string) => signal(stack.postmasterOf(at), 'SIGKILL');
    expect(await drill('the postmaster is killed', patient(15_000), killed)).toBe('changes');
  });

  test('its node is killed', async () => {
    const killed = async (at: string) => {
      const parts = [at, at.replace('postgres', 'etcd')];
      await Promise.all(parts.map((part) => stack.fleet.order('kill', part)));
      await anotherLeads(at);
      await Promise.all(parts.map((part) => stack.fleet.order('start', part)));
    };
    expect(await drill('the node is killed', patient(30_000), killed)).toBe('changes');
    expect(run.journal.staleReads).toBeGreaterThan(0);
  });

  test.skipIf(!hostsPossible)('its node is lost', async () => {
    const lost = async (at: string) => {
      await stack.fleet.order('unplug', at);
      await anotherLeads(at);
      await stack.fleet.order('plug', at);
    };
    expect(await drill('the node is lost', patient(40_000), lost)).toBe('changes');
  });

  test('it hangs, and wakes as a replica', async () => {
    const hung = async (at: string) => {
      const { thaw } = freeze(stack.postgresOf(at));
      await sleep(HUNG).finally(thaw);
    };
    expect(await drill('PostgreSQL hangs', patient(40_000), hung)).toBe('changes');
  });

  test('Patroni is killed', async () => {
    const killed = async (at: string) => signal(await stack.processOf(at), 'SIGKILL');
    // The old primary leads on if its Patroni is back before the lease ends.
    await drill('Patroni is killed', patient(30_000), killed);
  });

  test('Patroni hangs while its PostgreSQL goes on: that one confirms nothing more', async () => {
    const hung = async (at: string) => {
      await stack.fleet.order('pause', at);
      await anotherLeads(at);
      await stack.fleet.order('start', at);
    };
    expect(await drill('Patroni hangs', patient(30_000), hung)).toBe('changes');
  });

  test('a member of etcd is killed: nobody notices', async () => {
    const killed = async () => {
      await stack.fleet.order('kill', 'etcd-1');
      await sleep(LONG / 4);
      await stack.fleet.order('start', 'etcd-1');
    };
    expect(await drill('a member of etcd is killed', UNNOTICED, killed)).toBe('stays');
  });

  test('all of etcd is away: the primary goes on', async () => {
    const away = async () => {
      await Promise.all(etcd.map((part) => stack.fleet.order('kill', part)));
      await sleep(ETCD_AWAY);
      await Promise.all(etcd.map((part) => stack.fleet.order('start', part)));
    };
    expect(await drill('all of etcd is away', UNNOTICED, away)).toBe('stays');
  });

  test('another one is told to lead', async () => {
    const told = async (at: string) => {
      const rows = await stack.fleet.rows();
      const next = rows.find(({ rotation }) => rotation === 'replica, synchronous')?.part ?? '';
      await stack.fleet.order('switchover', next);
      await anotherLeads(at);
    };
    expect(await drill('a switchover', patient(25_000), told)).toBe('changes');
  });

  test('nothing that was confirmed is lost, doubled or drifted, and nobody is signed out', async () => {
    await run.settle();
    const { found, writes } = run.journal;
    console.log(
      `${writes} acknowledged writes of people and ${witness.confirmed} rows, ${found.length} findings`,
    );
    expect(found.splice(0)).toEqual([]);
  });
});
