import { setTimeout as sleep } from 'node:timers/promises';
import { Queue, type JobsOptions } from 'bullmq';
import type { Id } from '../ids.js';
import { isNotifyKind, jobNames, outboxKinds, type JobName, type Jobs, type OutboxKind } from '../jobs.js';
import { keys } from '../keys.js';
import { gatherWrites, openConnection, type QueueConnection } from './connection.js';
import type { Logger } from '../logger.js';
import { beginSpan, until } from '../tracing.js';

/** Finished jobs are removed at once: a kept id would swallow the sweeper's next job of the same row. */
const jobOptions: JobsOptions = { removeOnComplete: true, removeOnFail: true, attempts: 1 };

/**
 * Work that accumulates is done together: a thousand likes a second are one fold and one notification; and no delta is folded
 * young (see `Counts`). In milliseconds.
 */
const DELAYS: Partial<Record<JobName, number>> = { fold: 1_000, notify: 1_000 };

/** No scrape waits longer for a Redis that hangs. In milliseconds. */
const SOON = 250;

/** More rows than this of one transaction are a crowd. */
const CROWD = 500;
/** Jobs without a priority go first, then those of the lowest number. */
const BEHIND_OTHERS = 10;

/** The sending side of the queues. Rows decide; a job only gets them processed sooner. */
export class JobSender {
  /** Also for the probe of Redis: both wait for it no longer than they want to, and a hundred processes have one less. */
  readonly connection: QueueConnection;
  private readonly queues = new Map<JobName, Queue>();

  constructor(
    url: string,
    private readonly logger: Logger,
  ) {
    this.connection = openConnection(url, 'send');
    for (const name of jobNames) {
      const queue = new Queue(name, {
        connection: this.connection,
        prefix: keys.queue,
        defaultJobOptions: jobOptions,
      });
      queue.on('error', () => undefined);
      this.queues.set(name, queue);
    }
  }

  /** Never throws and never waits for Redis: the sweeper finds rows that were not enqueued. A row waits at most once. */
  send<Name extends JobName>(name: Name, payload: Jobs[Name], priority?: number): void {
    const options: JobsOptions = { jobId: Object.entries(payload).flat().join('-') };
    if (priority !== undefined) options.priority = priority;
    const delay = DELAYS[name];
    if (delay !== undefined) options.delay = delay;
    const span = beginSpan('send', `send ${name}`);
    // Beside the payload, not in it: the payload describes only the work, and makes the job's id.
    if (span) options.telemetry = { metadata: span.traceparent };
    gatherWrites(this.connection);
    const added = this.queues.get(name)?.add(name, payload, options) ?? Promise.resolve();
    until(span, added as Promise<unknown>).catch((error: unknown) =>
      this.logger.debug({ error, job: name }, 'a job was not enqueued; the sweeper will find its row'),
    );
  }

  /**
   * Sends the jobs of outbox rows, once their transaction is committed. A crowd of rows gets a lower priority than other
   * people's jobs: a block that hides two thousand likes corrects as many notifications. A fan-out with `progress` continues
   * with its next page's job, which may wait already.
   */
  enqueue(...rows: { id: Id; kind: OutboxKind; subject_id: Id; progress?: Id | null }[]): void {
    const priority = rows.length > CROWD ? BEHIND_OTHERS : undefined;
    for (const { id, kind, subject_id: subjectId, progress = null } of rows) {
      const { job } = outboxKinds[kind];
      if (isNotifyKind(kind)) this.send('notify', { kind, subjectId }, priority);
      else if (job === 'deliver' && progress !== null) this.nextPage(id, progress);
      else this.send(job, { outboxId: id }, priority);
    }
  }

  /** A fan-out of one page never waits for one of a hundred. */
  nextPage(outboxId: Id, after: Id): void {
    this.send('deliver', { outboxId, after }, BEHIND_OTHERS);
  }

  /** How many jobs of these queues wait or run; 0 while Redis is away. */
  async depthOf(...names: JobName[]): Promise<number> {
    // A queue that does not answer has no jobs to run.
    const depths = await this.depths().catch(() => null);
    return names.reduce((sum, name) => sum + (depths?.[name].depth ?? 0), 0);
  }

  /** How many jobs of each queue wait. */
  async waiting(): Promise<[JobName, number][]> {
    return Promise.all(
      [...this.queues].map(async ([name, queue]): Promise<[JobName, number]> => {
        const counts = await queue.getJobCounts('wait', 'prioritized', 'delayed');
        return [name, Object.values(counts).reduce((sum, count) => sum + count, 0)];
      }),
    );
  }

  /** Depth (waiting and running) and age in seconds of the oldest waiting job, by queue. */
  async depths(): Promise<Record<JobName, { depth: number; age: number }>> {
    const late = sleep(SOON, null, { ref: false }).then(() => {
      throw new Error('Redis did not answer in time');
    });
    return Promise.race([late, this.readDepths()]);
  }

  private async readDepths(): Promise<Record<JobName, { depth: number; age: number }>> {
    const entries = await Promise.all(
      [...this.queues].map(async ([name, queue]) => {
        const counts = await queue.getJobCounts('wait', 'active', 'prioritized', 'delayed');
        const heads = [...(await queue.getWaiting(0, 0)), ...(await queue.getPrioritized(0, 0))];
        const age = Math.max(0, ...heads.map(({ timestamp }) => (Date.now() - timestamp) / 1000));
        return [name, { depth: Object.values(counts).reduce((sum, n) => sum + n, 0), age }] as const;
      }),
    );
    return Object.fromEntries(entries) as Record<JobName, { depth: number; age: number }>;
  }

  async close(): Promise<void> {
    // The process ends: anything still unsent is in the rows.
    await Promise.allSettled([...this.queues.values()].map((queue) => queue.close()));
    this.connection.disconnect();
  }
}
