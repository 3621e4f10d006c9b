import type { Heard, Heartbeat, StoreName } from '@app/platform';
import { works } from './sight.js';

/** A process without a beat for this long is gone, in milliseconds: five beats. */
export const SILENT = 10_000;

/** The number of beats that must report a store after we lost it: the first may have been sent before everybody lost it. */
const BEATS = 2;

interface Neighbour {
  heartbeat: Heartbeat;
  /** When it last advanced, by our own monotonic clock; null until it has. */
  advancedAt: number | null;
  /** Beats in a row that reach a store which we have lost. */
  reaching: Map<StoreName, number>;
}

/** Which processes have lost a store that we have lost: unknown, everybody, or only this one. */
export type Reach = 'unknown' | 'everybody' | 'only_this_process';

/**
 * The stores as the other processes of our kind see them, read from any store that is still reachable. Only beats that advance
 * count, so neither machines' clocks nor old reports of dead processes matter.
 */
export class Neighbours {
  private readonly known = new Map<string, Neighbour>();

  constructor(
    private readonly self: { id: string; kind: Heartbeat['kind'] },
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Processes the heartbeats read from one store; `lost` are the stores that this process cannot reach now. */
  hear(heard: readonly Heard[], lost: ReadonlySet<StoreName>): void {
    for (const { heartbeat } of heard) {
      if (heartbeat.id === this.self.id || heartbeat.kind !== this.self.kind) continue;
      const known = this.known.get(heartbeat.id);
      if (!known) this.known.set(heartbeat.id, { heartbeat, advancedAt: null, reaching: new Map() });
      else if (heartbeat.beat > known.heartbeat.beat) this.advance(known, heartbeat, lost);
    }
    for (const [id, { advancedAt }] of this.known)
      if (advancedAt !== null && this.now() - advancedAt > 10 * SILENT) this.known.delete(id);
  }

  private advance(known: Neighbour, heartbeat: Heartbeat, lost: ReadonlySet<StoreName>): void {
    known.heartbeat = heartbeat;
    known.advancedAt = this.now();
    for (const [store, state] of Object.entries(heartbeat.sees) as [
      StoreName,
      Heartbeat['sees'][StoreName],
    ][]) {
      const before = known.reaching.get(store) ?? 0;
      known.reaching.set(store, lost.has(store) && works(state) ? before + 1 : 0);
    }
  }

  /** Drops earlier reports on a store, since this process has just lost it: only later ones count. */
  lost(store: StoreName): void {
    for (const { reaching } of this.known.values()) reaching.delete(store);
  }

  private get living(): Neighbour[] {
    return [...this.known.values()].filter(
      ({ advancedAt }) => advancedAt !== null && this.now() - advancedAt <= SILENT,
    );
  }

  /**
   * Whether only this process has lost a store. For PostgreSQL one neighbour who reaches it is enough, since without it nothing
   * can be written here; for the others more neighbours must reach it than not, or half of a pool would leave its load to the
   * other half over a store that it can do without.
   */
  reach(store: StoreName): Reach {
    const living = this.living;
    const reaching = living.filter((one) => (one.reaching.get(store) ?? 0) >= BEATS).length;
    const without = living.filter(({ heartbeat }) => !works(heartbeat.sees[store])).length;
    const enough = store === 'database' ? 1 : without + 1;
    if (reaching >= enough) return 'only_this_process';
    return without > 0 ? 'everybody' : 'unknown';
  }
}
