import { isWrong, reasonOf, type StoreName, type StoreState } from '@app/platform';

/** This process's last view of a store. */
export interface Sight {
  state: StoreState;
  /** The duration of the smallest query; so far, if it is still running. */
  milliseconds: number;
  /** When this state began. */
  since: Date;
  /** Why, as a clause for people; empty when all is well. */
  why: string;
}

/**
 * An answer that takes longer than this is slow, in milliseconds. Redis: the budget of a request, after which PostgreSQL
 * serves. PostgreSQL and objects: long enough to make a page slow for its reader.
 */
export const SLOW: Record<StoreName, number> = { database: 500, redis: 250, queue: 250, objects: 1_000 };

/** A store that has not answered by then is down; in milliseconds. */
export const PATIENCE = 2_000;

/** Thrown by a check whose answer makes the store unusable; the message is the clause for people. */
export class StoreWrong extends Error {
  override name = 'StoreWrong';
}

/**
 * Checks one store repeatedly, with one query at a time: a store that hangs gets no further query until it has answered, and
 * meanwhile it is slow, then down.
 */
export class StoreWatch {
  private asking: { since: number; done: Promise<void> } | null = null;
  private last: Sight | null = null;

  constructor(
    readonly name: StoreName,
    private readonly ask: () => Promise<void>,
    private readonly observe: (seconds: number) => void,
  ) {}

  /** Starts a check, unless one is running; resolves when it has succeeded or failed. */
  async look(): Promise<void> {
    this.asking ??= { since: performance.now(), done: this.question() };
    await this.asking.done;
  }

  private async question(): Promise<void> {
    const begun = performance.now();
    let outcome: Pick<Sight, 'state' | 'why'>;
    try {
      await this.ask();
      const late = performance.now() - begun > SLOW[this.name];
      outcome = late ? { state: 'slow', why: 'it answers slowly' } : { state: 'ok', why: '' };
      this.observe((performance.now() - begun) / 1000);
    } catch (error) {
      outcome = failure(error);
    }
    this.settle(outcome, performance.now() - begun);
    this.asking = null;
  }

  private settle({ state, why }: Pick<Sight, 'state' | 'why'>, milliseconds: number): void {
    const since = this.last?.state === state ? this.last.since : new Date();
    this.last = { state, why, milliseconds: Math.round(milliseconds), since };
  }

  /** The current state, even while a check is running. Null before the first answer. */
  get sight(): Sight | null {
    const waited = this.asking ? performance.now() - this.asking.since : 0;
    if (waited <= SLOW[this.name]) return this.last;
    if (this.last && this.last.state !== 'ok' && this.last.state !== 'slow') return this.last;
    const state = waited > PATIENCE ? 'down' : 'slow';
    const since = new Date(Date.now() - waited);
    return { state, why: 'it does not answer in time', milliseconds: Math.round(waited), since };
  }
}

function failure(error: unknown): Pick<Sight, 'state' | 'why'> {
  if (error instanceof StoreWrong) return { state: 'wrong', why: error.message };
  return { state: isWrong(error) ? 'wrong' : 'down', why: reasonOf(error) };
}

export const works = (state: StoreState | undefined): boolean => state === 'ok' || state === 'slow';
