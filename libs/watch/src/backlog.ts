import { Injectable } from '@nestjs/common';
import { gauge, JobSender, type JobName } from '@app/platform';
import { PendingRows, type Pending } from '@app/storage';

/** What waits for later work, by kind of row and by queue. Quiet: no row waits. */
export interface BacklogReport {
  quiet: boolean;
  rows: Pending[];
  /** Null while Redis is away. */
  queues: Record<JobName, { depth: number; age: number }> | null;
}

/** How long a scrape waits, in milliseconds: less than any scraper, also one that looks every second. */
const PATIENCE = 500;

const gauges = [
  'narwhal_pending',
  'narwhal_pending_age_seconds',
  'narwhal_stuck',
  'narwhal_stuck_age_seconds',
  'narwhal_queue_depth',
  'narwhal_queue_age_seconds',
] as const;

/** What waits for later work: one figure that operators watch and tests wait for. Rows decide it, queues only tell where. */
@Injectable()
export class Backlog {
  constructor(
    private readonly pending: PendingRows,
    private readonly jobs: JobSender,
  ) {}

  /**
   * Read anew each time: a reading from before somebody's act would tell them that all is quiet.
   *
   * @throws what PostgreSQL throws
   */
  async read(): Promise<BacklogReport> {
    // Without Redis the rows alone are told, which decide.
    const [rows, queues] = await Promise.all([this.pending.read(), this.jobs.depths().catch(() => null)]);
    return { quiet: rows.every(({ count }) => count === 0), rows, queues };
  }

  /**
   * Sets the gauges for a scrape. What cannot be read, or not in time, is left out, never 0: 0 would say that all is quiet,
   * and a scrape that waits for PostgreSQL would make the process look dead.
   */
  async collect(): Promise<void> {
    const late = new Promise<null>((settle) => setTimeout(() => settle(null), PATIENCE).unref());
    // What cannot be read is shown as unknown, which has an alert.
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
      // While photos wait their turn so do its jobs, which only say that there are some: that is no fault.
      if (queue !== 'develop') gauge('narwhal_queue_age_seconds').set({ queue }, age);
    }
  }
}
