import { problem, type Problem } from '@app/platform';

interface Waiting {
  first: boolean;
  begin: () => void;
  refuse: (why: Problem) => void;
}

/** Work that takes turns: so many at once, a short queue, then 503 `busy`. */
export class BoundedWork {
  private running = 0;
  /** In the order of their turns: who is `first`, and then the others. */
  private readonly waiting: Waiting[] = [];

  constructor(private readonly limit: { atOnce: number; queue: number }) {}

  /**
   * `first`: is taken before all who are not; in a full queue the newest of those gives way.
   *
   * @throws Problem 503 `busy` when the queue is full
   */
  async run<Result>(work: () => Promise<Result>, first = false): Promise<Result> {
    if (this.running < this.limit.atOnce) this.running += 1;
    else await this.turn(first);
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next.begin();
      else this.running -= 1;
    }
  }

  private turn(first: boolean): Promise<void> {
    if (this.waiting.length >= this.limit.queue) {
      const last = this.waiting.at(-1);
      if (!first || !last || last.first) throw busy();
      this.waiting.pop();
      last.refuse(busy());
    }
    return new Promise((begin, refuse) => {
      const others = first ? this.waiting.findIndex((one) => !one.first) : -1;
      this.waiting.splice(others < 0 ? this.waiting.length : others, 0, { first, begin, refuse });
    });
  }
}

const busy = (): Problem => problem('busy', { params: { retryAfter: 2 }, headers: { 'retry-after': '2' } });
