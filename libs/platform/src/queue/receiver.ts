import { setTimeout as sleep } from 'node:timers/promises';
import { Worker, type Job } from 'bullmq';
import { jobNames, type JobName, type Jobs } from '../jobs.js';
import { keys } from '../keys.js';
import type { Logger } from '../logger.js';
import { counter } from '../metrics/index.js';
import type { JobSender } from './sender.js';
import { tracedFrom } from '../tracing.js';
import { openConnection, type QueueConnection } from './connection.js';

/** How long BullMQ may take to close once no job runs; see `JobReceiver.close`. In milliseconds. */
const CLOSE_BUDGET = 2_000;

/** A worker that failed to request its next job retries after this, in milliseconds. */
const ASK_AGAIN = 1_000;

/** How often queues are checked for progress, in milliseconds; and how many checks in a row may find a queue stalled. */
const LOOK_EVERY = 3_000;
const STANDS_STILL = 4;

interface Handler {
  concurrency: number;
  run: (payload: unknown) => Promise<void>;
}

/** Receives each failure, with the ids of the job's payload. */
type FailureListener = (queue: JobName, payload: object, error: Error) => void;

export type JobHandlers = {
  [Name in JobName]: { concurrency: number; run: (payload: Jobs[Name]) => Promise<void> };
};

/** One queue's worker, which is replaced when it takes no job although some wait. */
class QueueWorker {
  private readonly running = new Set<Promise<void>>();
  private connection!: QueueConnection;
  private worker!: Worker;
  private hasMoved = false;
  private still = 0;

  constructor(
    private readonly name: JobName,
    private readonly url: string,
    private readonly handler: Handler,
    private readonly logger: Logger,
    private readonly onFailure: FailureListener,
  ) {
    this.open();
  }

  private open(): void {
    const { name, logger } = this;
    this.connection = openConnection(this.url, 'receive');
    this.worker = new Worker(name, (job) => this.track(this.run(job)), {
      connection: this.connection,
      prefix: keys.queue,
      concurrency: this.handler.concurrency,
      lockDuration: 15_000,
      stalledInterval: 5_000,
      maxStalledCount: 1_000,
      runRetryDelay: ASK_AGAIN,
    });
    this.worker.on('error', (error) => logger.debug({ error, queue: name }, 'queue connection'));
    this.worker.on('completed', () => counter('narwhal_jobs_total').inc({ queue: name, outcome: 'done' }));
    this.worker.on('failed', (job, error) => {
      this.onFailure(name, (job?.data ?? {}) as object, error);
      counter('narwhal_jobs_total').inc({ queue: name, outcome: 'failed' });
      logger.warn({ error, queue: name }, 'a job failed; the sweeper will retry it');
    });
  }

  /** Runs in the trace of the sender; a job sent outside any trace has none. */
  private run({ data, opts }: Job): Promise<void> {
    const traceparent = opts.telemetry?.metadata;
    if (traceparent === undefined) return this.handler.run(data);
    return tracedFrom(traceparent, ['receive', `process ${this.name}`], () => this.handler.run(data));
  }

  private track(job: Promise<void>): Promise<void> {
    this.hasMoved = true;
    this.running.add(job);
    return job.finally(() => this.running.delete(job));
  }

  /** Call it periodically with the number of waiting jobs. */
  look(waiting: number): void {
    const isStill = waiting > 0 && !this.hasMoved && this.running.size === 0;
    this.still = isStill ? this.still + 1 : 0;
    this.hasMoved = false;
    if (this.still < STANDS_STILL) return;
    this.still = 0;
    this.logger.warn({ queue: this.name, waiting }, 'a queue made no progress; its worker is replaced');
    const [worker, connection] = [this.worker, this.connection];
    this.open();
    // The worker hangs: whether its close succeeds does not matter.
    worker.close(true).catch(() => undefined);
    connection.disconnect();
  }

  /**
   * Takes no new job, waits for the running ones, closes. While Redis is away BullMQ waits forever for the end of a connection
   * that is reconnecting: then only disconnecting helps.
   */
  async close(): Promise<void> {
    // The process ends: an unreturned job is found by its row.
    const closed = this.worker.close().catch(() => undefined);
    // Each job reports its own failure; here we only wait for it.
    while (this.running.size > 0) await Promise.allSettled(this.running);
    await Promise.race([closed, sleep(CLOSE_BUDGET)]);
    this.connection.disconnect();
  }
}

/**
 * The receiving side: one BullMQ worker per queue. A handler that throws leaves its row to the sweeper.
 *
 * After a Redis Cluster changed its primary, one worker in ten never requested a job again (BullMQ 6.7 and ioredis 5.11: it
 * waits for a connection that exists); the sweeper's job has the same name as the waiting one, so it is not added. So queues
 * are checked for progress.
 */
export class JobReceiver {
  private readonly workers: Map<JobName, QueueWorker>;
  private readonly timer: NodeJS.Timeout;

  constructor(
    url: string,
    private readonly sender: Pick<JobSender, 'waiting'>,
    handlers: JobHandlers,
    logger: Logger,
    onFailure: FailureListener = () => undefined,
  ) {
    this.workers = new Map(
      jobNames.map((name) => [
        name,
        new QueueWorker(name, url, handlers[name] as Handler, logger, onFailure),
      ]),
    );
    this.timer = setInterval(() => void this.look(), LOOK_EVERY);
  }

  /** Skips the check while Redis is away: nothing can move then. */
  private async look(): Promise<void> {
    // It has its own alert.
    const queues = await this.sender.waiting().catch(() => []);
    for (const [name, waiting] of queues) this.workers.get(name)?.look(waiting);
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all([...this.workers.values()].map((worker) => worker.close()));
  }
}
