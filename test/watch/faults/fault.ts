import { setTimeout as sleep } from 'node:timers/promises';
import type { WatchFixtures } from '../fixtures.js';

/** A real fault, and the alerts that report it. */
export interface Fault {
  what: string;
  /** Each opens an incident while it lasts, which ends once it is mended. */
  alerts: readonly string[];
  cause: (fixtures: WatchFixtures) => unknown;
  mend: (fixtures: WatchFixtures) => unknown;
}

/** The same operation repeated, by this many at once, until stopped. It may fail, and pauses for this many milliseconds. */
export class UnderWay {
  private over = false;
  private readonly lanes: Promise<void>[];

  constructor(width: number, pause: number, work: (count: number) => unknown) {
    let count = 0;
    this.lanes = Array.from({ length: width }, async () => {
      while (!this.over) {
        count += 1;
        await Promise.resolve(work(count)).catch(() => undefined);
        await sleep(pause);
      }
    });
  }

  async stop(): Promise<void> {
    this.over = true;
    await Promise.all(this.lanes);
  }
}

/** A fault that lasts as long as some work goes on, such as requests. */
export function lasting(
  fault: Pick<Fault, 'what' | 'alerts'>,
  begin: (fixtures: WatchFixtures) => Promise<UnderWay> | UnderWay,
  end: (fixtures: WatchFixtures) => unknown = () => undefined,
): Fault {
  let underWay: UnderWay | undefined;
  return {
    ...fault,
    cause: async (fixtures) => (underWay = await begin(fixtures)),
    mend: async (fixtures) => {
      await end(fixtures);
      await underWay?.stop();
    },
  };
}
