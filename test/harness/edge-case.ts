import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { EdgeClient } from './edge-client.js';
import { commentsOf, Load, type LoadKind, type Tally, type Visitor } from './edge-load.js';
import type { RunningFleet } from './fleet.js';

export interface Case {
  target: string;
  /** The fault, and the operation that ends it. */
  fault: 'kill' | 'pause' | 'drain' | 'unplug';
  perSecond: number;
  /** Seconds under load: before, while it is away, and after it was brought back. */
  seconds: [before: number, away: number, after: number];
}

export interface Outcome {
  tallies: Record<LoadKind, Tally>;
  /** Milliseconds from the fault until the part received no more requests; undefined where no other part can see that. */
  out: number | undefined;
}

/** Asks the parts that send to a part whether they have stopped; undefined for kinds where no other part can see that. */
async function outsideView(
  fleet: RunningFleet,
  client: EdgeClient,
  target: string,
): Promise<(() => Promise<boolean>) | undefined> {
  const kind = target.replace(/-\d+$/, '');
  if (kind === 'api') return undefined;
  const host = (await fleet.addressOf(target)).split(':')[0] ?? '';
  if (kind === 'haproxy') return async () => !(await client.lookUp().catch(() => [host])).includes(host);
  return async () => {
    const { servers } = JSON.parse(await fleet.order('rotation', target)) as { servers: string[] };
    return servers.every((status) => !status.startsWith('UP'));
  };
}

/** Milliseconds since `begun` when it held: polled, so accurate to some 20 ms. */
async function untilHolds(isOut: () => Promise<boolean>, begun: number): Promise<number> {
  for (const deadline = begun + 8_000; performance.now() < deadline; await sleep(10)) {
    if (await isOut()) return performance.now() - begun;
  }
  return Infinity;
}

/** Runs one fault under load, and returns the results of all requests. */
export async function suffer(
  fleet: RunningFleet,
  client: EdgeClient,
  visitor: Visitor,
  what: Case,
): Promise<Outcome> {
  const { target, fault, perSecond, seconds } = what;
  const [before, away, after] = seconds;
  const load = new Load(client, visitor, perSecond);
  await sleep(before * 1_000);
  const isOut = await outsideView(fleet, client, target);
  await isOut?.();
  const begun = performance.now();
  const [out] = await Promise.all([isOut && untilHolds(isOut, begun), fleet.order(fault, target)]);
  await sleep(Math.max(0, away * 1_000 - (performance.now() - begun)));
  await fleet.order(fault === 'unplug' ? 'plug' : 'start', target);
  await sleep(after * 1_000);
  const tallies = await load.finish();
  await fleet.untilWhole();
  const seen = await commentsOf(client, visitor);
  const wrong = load.written.filter((text) => seen.get(text) !== 1);
  const twice = [...seen].filter(([, count]) => count > 1);
  expect({ missing: wrong.slice(0, 3), twice: twice.slice(0, 3) }).toEqual({ missing: [], twice: [] });
  return { tallies, out };
}

/** A summary line: the requests sent, the failures, the duration. */
export function lineOf({ target, fault }: Pick<Case, 'target' | 'fault'>, { tallies, out }: Outcome): string {
  const kinds = Object.entries(tallies).map(
    ([kind, { sent, failed, again, slowest }]) =>
      `${kind} ${failed}/${sent} failed, ${again} again, slowest ${Math.round(slowest)} ms`,
  );
  return `${fault} ${target}: ${kinds.join('; ')}${out === undefined ? '' : `; out after ${Math.round(out)} ms`}`;
}
