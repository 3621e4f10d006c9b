import type { Test } from 'supertest';

interface Sent {
  /** When it was answered, and after how long; in milliseconds, of `performance.now()`. */
  at: number;
  took: number;
  /** The status, or what became of the connection. */
  outcome: string;
}

/** Requests that go on while something is broken, and what became of each. */
export class Load {
  private readonly sent: Sent[] = [];
  private readonly marks = new Map<string, number>();
  private isOver = false;

  get count(): number {
    return this.sent.length;
  }

  /** Sends one and notes what becomes of it; never fails. */
  async send(test: Test): Promise<void> {
    const begun = performance.now();
    const outcome = await test.then(
      ({ status }) => String(status),
      (error: Error) => error.message,
    );
    this.sent.push({ at: performance.now(), took: performance.now() - begun, outcome });
  }

  /** Does something again and again until `stop`; what fails is a failure. */
  async repeat(work: () => Promise<void>): Promise<void> {
    while (!this.isOver) {
      await work().catch((error: unknown) => {
        const outcome = error instanceof Error ? error.message : String(error);
        this.sent.push({ at: performance.now(), took: 0, outcome });
      });
    }
  }

  async stop(lanes: readonly Promise<void>[]): Promise<void> {
    this.isOver = true;
    await Promise.all(lanes);
  }

  mark(name: string): void {
    this.marks.set(name, performance.now());
  }

  /** What failed before or after a mark. */
  failures(mark: string, when: 'before' | 'after'): string[] {
    const place = this.marks.get(mark) ?? 0;
    return this.sent
      .filter(({ at, outcome }) => !/^2\d\d$/.test(outcome) && (when === 'before' ? at < place : at >= place))
      .map(({ outcome }) => outcome);
  }

  report(): string {
    const killed = this.marks.get('killed') ?? 0;
    const failed = this.sent.filter(({ outcome }) => !/^2\d\d$/.test(outcome));
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
