import { counter, histogram, type Logger } from '@app/platform';

const MINUTE = 60_000;

/** Errors that the code expects and handles: a unique key that is taken, a lock that is not waited for, a transaction that is retried. */
const EXPECTED = /^(23505|55P03|40001|40P01)$/;
/** Failures that follow in a transaction from a statement that was already reported. */
const FOLLOWS = '25P02';

/** Counts and times every statement by name, and logs failures: at most once a minute per name. */
export class QueryWatch {
  private readonly took = histogram('narwhal_query_seconds');
  private readonly failures = counter('narwhal_query_failures_total');
  private readonly told = new Map<string, { at: number; since: number }>();

  constructor(
    private readonly logger: Pick<Logger, 'warn'>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  answered(query: string, seconds: number): void {
    this.took.observe({ query }, seconds);
  }

  failed(query: string, seconds: number, error: unknown): void {
    this.took.observe({ query }, seconds);
    this.failures.inc({ query });
    const { code = '', message } = error as { code?: string; message?: string };
    if (!EXPECTED.test(code) && code !== FOLLOWS) this.tell(query, code, message);
  }

  /** `since` is how many of this name failed after the last line, this one included. */
  private tell(query: string, code: string, message: string | undefined): void {
    const last = this.told.get(query);
    const since = (last?.since ?? 0) + 1;
    const isDue = last === undefined || this.now() - last.at >= MINUTE;
    this.told.set(query, isDue ? { at: this.now(), since: 0 } : { at: last.at, since });
    if (isDue) this.logger.warn({ query, code, reason: message, since }, 'a statement failed');
  }
}
