import { problem } from '@app/platform';

/** Work that takes turns: so many at once, a short queue, then 503 `busy`. */
export class BoundedWork {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly limit: { atOnce: number; queue: number }) {}

  /** @throws Problem 503 `busy` when the queue is full */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.running >= this.limit.atOnce) {
      if (this.waiting.length >= this.limit.queue)
        throw problem('busy', { params: { retryAfter: 2 }, headers: { 'retry-after': '2' } });
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    } else {
      this.running += 1;
    }
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.running -= 1;
    }
  }
}
