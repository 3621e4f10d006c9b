import { Injectable } from '@nestjs/common';
import { gauge, JobSender, type JobName } from '@app/platform';
import { PendingRows, type Pending } from '@app/storage';

/** The backlog of later work, by kind of row and by queue. Quiet: no row waits. */
export interface BacklogReport {
  quiet: boolean;
  rows: Pending[];
  /** Null while Redis is away. */
  queues: Record<JobName, { depth: number; age: number }> | null;
}

/** How long a scrape waits, in milliseconds: less than any scraper, even one with an interval of a second. */
const PATIENCE = 500;

const gauges = [
  'narwhal_pending',
  'narwhal_pending_age_seconds',
  'narwhal_stuck',
  'narwhal_stuck_age_seconds',
  'narwhal_queue_depth',
  'narwhal_queue_age_seconds',
] as const;

/** The backlog of later work: one figure that operators watch and tests wait for. Rows decide it, queues only show where. */
@Injectable()
export class Backlog {
  constructor(
    private readonly pending: PendingRows,
    private readonly jobs: JobSender,
  ) {}

  /**
   * Read afresh each time: an older reading would report quiet to a caller who has just acted.
   *
   * @throws what PostgreSQL throws
   */
  async read(): Promise<BacklogReport> {
    // Without Redis the report has only the rows, which decide.
    const [rows, queues] = await Promise.all([this.pending.read(), this.jobs.depths().catch(() => null)]);
    return { quiet: rows.every(({ count }) => count === 0), rows, queues };
  }

  /**
   * Sets the gauges for a scrape. A value that cannot be read, or not in time, is left out, never 0: 0 would report quiet, and
   * a scrape that waits for PostgreSQL would make the process look dead.
   */
  async collect(): Promise<void> {
    const late = new Promise<null>((settle) => setTimeout(() => settle(null), PATIENCE).unref());
    // An unreadable value is shown as unknown, which has an alert.
    this.show(await Promise.race([this.read().catch(() => null), late]));
  }

  private show(report: BacklogReport | null): void {
    for (const name of gauges) gauge(name).reset();
    for (const { kind, count, age, stuck, stuckAge } of report?.rows ?? []) {
      gauge('narwhal_pending').set({ kind }, count);
      gauge('narwhal_pending_age_seconds').set({ kind }, age);
      gauge('narwhal_stuck').set({ kind }, stuck);
      gauge('narwhal_stuck_age_seconds').set({ kind }, stuckAge);
    }
    for (const [queue, { depth, age }] of Object.entries(report?.queues ?? {})) {
      gauge('narwhal_queue_depth').set({ queue }, depth);
      // While photos wait their turn the develop jobs wait, too, which only say that there are some: that is no fault.
      if (queue !== 'develop') gauge('narwhal_queue_age_seconds').set({ queue }, age);
    }
  }
}
