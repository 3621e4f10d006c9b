import { isWrong, reasonOf, type StoreName, type StoreState } from '@app/platform';

/** What this process last saw of a store. */
export interface Sight {
  state: StoreState;
  /** What the smallest question took; of one under way, so far. */
  milliseconds: number;
  /** When this state began. */
  since: Date;
  /** Why, as a clause for people; empty when all is well. */
  why: string;
}

/**
 * An answer that takes longer than this is slow, in milliseconds. Redis: the budget of a request, after which PostgreSQL
 * serves. PostgreSQL and objects: what makes a page slow for the one who waits for it.
 */
export const SLOW: Record<StoreName, number> = { database: 500, redis: 250, queue: 250, objects: 1_000 };

/** What has not answered by now is down; in milliseconds. */
export const PATIENCE = 2_000;

/** Thrown by a question whose answer makes the store useless; the message is the clause for people. */
export class StoreWrong extends Error {
  override name = 'StoreWrong';
}

/**
 * Looks at one store again and again, with one question at a time: one that hangs is not asked again before it has
 * answered, and meanwhile it is slow, then down.
 */
export class StoreWatch {
  private asking: { since: number; done: Promise<void> } | null = null;
  private last: Sight | null = null;

  constructor(
    readonly name: StoreName,
    private readonly ask: () => Promise<void>,
    private readonly observe: (seconds: number) => void,
  ) {}

  /** Asks, unless a question is under way; resolves when it is answered or given up. */
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
      outcome = late ? { state: 'slow', why: 'it answers late' } : { state: 'ok', why: '' };
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

  /** What is known now, also while the answer is awaited. Null before the first answer. */
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
