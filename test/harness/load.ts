import type { Test } from 'supertest';

interface Sent {
  /** The time of the response, and its latency; in milliseconds, of `performance.now()`. */
  at: number;
  took: number;
  /** The status, or the fate of the connection. */
  outcome: string;
}

const isWell = (outcome: string): boolean => /^2\d\d$/.test(outcome);

/** Requests that go on during a fault, and the result of each. */
export class Load {
  private readonly sent: Sent[] = [];
  private readonly marks = new Map<string, number>();
  private readonly underWay = new Set<{ begun: number }>();
  private isOver = false;

  get count(): number {
    return this.sent.length;
  }

  /** Sends one and records its result; never fails. */
  async send(test: Test): Promise<void> {
    const begun = performance.now();
    const outcome = await test.then(
      ({ status }) => String(status),
      (error: Error) => error.message,
    );
    this.sent.push({ at: performance.now(), took: performance.now() - begun, outcome });
  }

  /** Repeats an operation until `stop`; exceptions count as failures. */
  async repeat(work: () => Promise<void>): Promise<void> {
    while (!this.isOver) {
      const turn = { begun: performance.now() };
      this.underWay.add(turn);
      await work()
        .catch((error: unknown) => {
          const outcome = error instanceof Error ? error.message : String(error);
          this.sent.push({ at: performance.now(), took: 0, outcome });
        })
        .finally(() => this.underWay.delete(turn));
    }
  }

  async stop(lanes: readonly Promise<void>[]): Promise<void> {
    this.isOver = true;
    await Promise.all(lanes);
  }

  /** Whether all requests begun before a mark are done, and the last `count` requests since then succeeded. */
  isSound(mark: string, count: number): boolean {
    const place = this.marks.get(mark) ?? 0;
    const last = this.sent.slice(-count);
    return (
      last.length === count &&
      last.every(({ at, outcome }) => at >= place && isWell(outcome)) &&
      [...this.underWay].every(({ begun }) => begun >= place)
    );
  }

  mark(name: string): void {
    this.marks.set(name, performance.now());
  }

  /** The failures before or after a mark. */
  failures(mark: string, when: 'before' | 'after'): string[] {
    const place = this.marks.get(mark) ?? 0;
    return this.sent
      .filter(({ at, outcome }) => !isWell(outcome) && (when === 'before' ? at < place : at >= place))
      .map(({ outcome }) => outcome);
  }

  report(): string {
    const killed = this.marks.get('killed') ?? 0;
    const failed = this.sent.filter(({ outcome }) => !isWell(outcome));
    const last = Math.max(0, ...failed.map(({ at }) => at - killed));
    const since = (name: string) => `${name} after ${Math.round((this.marks.get(name) ?? 0) - killed)} ms`;
    const slowest = Math.max(...this.sent.filter(({ at }) => at >= killed).map(({ took }) => took));
    const outcomes = [...new Set(failed.map(({ outcome }) => outcome.slice(0, 120)))].join(' | ');
    return (
      `${this.sent.length} requests, ${failed.length} failed, the last ${Math.round(last)} ms after the kill; ` +
      `${since('taken over')}; the slowest took ${Math.round(slowest)} ms${outcomes && `\n${outcomes}`}`
    );
  }
}
