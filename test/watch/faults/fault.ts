import { setTimeout as sleep } from 'node:timers/promises';
import type { World } from '../world.js';

/** Something that goes wrong for real, and the alerts that tell of it. */
export interface Fault {
  what: string;
  /** Each opens an incident while it lasts, which ends once it is mended. */
  alerts: readonly string[];
  cause: (world: World) => unknown;
  mend: (world: World) => unknown;
}

/** The same again and again, by so many at once, until told to stop. Whoever does it may fail, and pauses for so many milliseconds. */
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

/** A fault that lasts as long as something is done, such as asking. */
export function lasting(
  fault: Pick<Fault, 'what' | 'alerts'>,
  begin: (world: World) => Promise<UnderWay> | UnderWay,
  end: (world: World) => unknown = () => undefined,
): Fault {
  let underWay: UnderWay | undefined;
  return {
    ...fault,
    cause: async (world) => (underWay = await begin(world)),
    mend: async (world) => {
      await end(world);
      await underWay?.stop();
    },
  };
}
