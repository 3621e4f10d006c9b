import { setTimeout as sleep } from 'node:timers/promises';
import { shareOf, type Fleet } from './fleet.ts';
import type { Kind, Place } from './plan.ts';

const EVERY = 1_000;
const PATIENCE = 800;
/** Samples kept of each part. */
const KEPT = 20;

/** Where a kind of part reports how much it has done since it started, and which lines of that page count. */
interface Teller {
  address: (place: Place) => string;
  counts: RegExp;
}

const metricsOf = (place: Place): string => `${place.host}:${place.operators ?? place.port}/metrics`;

/** Requests of balancers, NGINX and apis; jobs of workers. The work of the other kinds shows in these. */
const tellers: Partial<Record<Kind, Teller>> = {
  haproxy: {
    address: metricsOf,
    counts: /^haproxy_frontend_http_requests_total\{proxy="edge"\} (\S+)/gm,
  },
  nginx: {
    address: ({ host, operators }) => `${host}:${operators}/nginx_status`,
    counts: /^ \d+ \d+ (\d+)/gm,
  },
  api: { address: metricsOf, counts: /^narwhal_http_request_seconds_count\{.*\} (\S+)/gm },
  worker: { address: metricsOf, counts: /^narwhal_jobs_total\{.*\} (\S+)/gm },
};

interface Count {
  at: number;
  done: number;
}

/** The rate of each part, sampled every second. */
export class Pulse {
  private readonly last = new Map<string, Count>();
  private readonly rates = new Map<string, (number | null)[]>();
  private readonly fleet: Fleet;
  private stopped = false;

  constructor(fleet: Fleet) {
    this.fleet = fleet;
  }

  /** The last rates per second, the newest last; null where the part did not answer. Empty for kinds that are not sampled. */
  of(name: string): readonly (number | null)[] {
    return this.rates.get(name) ?? [];
  }

  async run(): Promise<void> {
    while (!this.stopped) {
      const asked = this.fleet.parts.map(({ place }) => this.look(place));
      await Promise.all([...asked, sleep(EVERY * shareOf(this.fleet))]);
    }
  }

  stop(): void {
    this.stopped = true;
  }

  private async look(place: Place): Promise<void> {
    const teller = tellers[place.kind];
    if (!teller) return;
    const done = await ask(teller, place);
    const before = this.last.get(place.name);
    const now = { at: performance.now(), done: done ?? 0 };
    if (done === null) this.last.delete(place.name);
    else this.last.set(place.name, now);
    // A restarted part counts from 0 again.
    const grown = before && done !== null && done >= before.done ? done - before.done : null;
    const rate = grown === null || !before ? null : (grown * 1_000) / (now.at - before.at);
    this.rates.set(place.name, [...this.of(place.name), rate].slice(-KEPT));
  }
}

async function ask({ address, counts }: Teller, place: Place): Promise<number | null> {
  try {
    const response = await fetch(`http://${address(place)}`, { signal: AbortSignal.timeout(PATIENCE) });
    if (!response.ok) return null;
    const found = [...(await response.text()).matchAll(counts)];
    return found.reduce((sum, [, value]) => sum + Number(value), 0);
  } catch {
    return null;
  }
}
