/** In milliseconds. */
const FRESH = 60 * 60 * 1000;
const STALE = 24 * FRESH;
const PAUSE = 30_000;

/**
 * An answer of a provider, asked for again when it is an hour old. While the provider cannot be asked, the last answer holds for a day: a
 * key that was withdrawn must not be good for ever. Concurrent callers wait for one request.
 */
export class KeptAnswer<Answer> {
  private last: { answer: Answer; at: number } | null = null;
  private asking: Promise<Answer> | null = null;
  /** When the newest request began. */
  private askedAt = -Infinity;

  constructor(private readonly ask: () => Promise<Answer>) {}

  /** @throws what `ask` throws, where there is no answer that still holds */
  async get(): Promise<Answer> {
    const { last } = this;
    const age = last ? Date.now() - last.at : Infinity;
    if (last && age < FRESH) return last.answer;
    if (!last || age >= STALE) return this.renew();
    if (this.isPausing) return last.answer;
    // What went wrong is told once nothing holds any more.
    return this.renew().catch(() => last.answer);
  }

  /**
   * An answer after the one in which something is missing. Null when the newest request is less than half a minute old: made-up names
   * must not cause a request each.
   *
   * @throws what `ask` throws
   */
  async after(lacking: Answer): Promise<Answer | null> {
    if (this.last && this.last.answer !== lacking) return this.last.answer;
    return this.isPausing && !this.asking ? null : this.renew();
  }

  private get isPausing(): boolean {
    return Date.now() - this.askedAt < PAUSE;
  }

  private renew(): Promise<Answer> {
    this.asking ??= this.request().finally(() => (this.asking = null));
    return this.asking;
  }

  private async request(): Promise<Answer> {
    const at = Date.now();
    this.askedAt = at;
    const answer = await this.ask();
    this.last = { answer, at };
    return answer;
  }
}
