import { setTimeout as sleep } from 'node:timers/promises';
import { Queue, Worker, type Job } from 'bullmq';
import { jobNames, type JobName, type Jobs } from '../jobs.js';
import { keys } from '../keys.js';
import type { Logger } from '../logger.js';
import { counter } from '../metrics/index.js';
import { tracedFrom } from '../tracing.js';
import { openConnection, type QueueConnection } from './connection.js';

/** How long BullMQ may take to let go once no job runs; see `JobReceiver.close`. In milliseconds. */
const CLOSE_BUDGET = 2_000;

/** A worker that failed to ask for its next job asks again after this, in milliseconds. */
const ASK_AGAIN = 1_000;

/** How often it is looked whether queues move, in milliseconds; and how often in a row one may be found standing still. */
const LOOK_EVERY = 3_000;
const STANDS_STILL = 4;

interface Handler {
  concurrency: number;
  run: (payload: unknown) => Promise<void>;
}

/** Hears of each failure, with the ids that the job was about. */
type FailureListener = (queue: JobName, payload: object, error: Error) => void;

export type JobHandlers = {
  [Name in JobName]: { concurrency: number; run: (payload: Jobs[Name]) => Promise<void> };
};

/** One queue's worker, which is replaced when it takes nothing although something waits. */
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
      logger.warn({ error, queue: name }, 'job failed; the sweeper will try again');
    });
  }

  /** In the trace of whoever sent it; one that no trace sent has none. */
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

  /** To be told now and then how many jobs wait here. */
  look(waiting: number): void {
    const isStill = waiting > 0 && !this.hasMoved && this.running.size === 0;
    this.still = isStill ? this.still + 1 : 0;
    this.hasMoved = false;
    if (this.still < STANDS_STILL) return;
    this.still = 0;
    this.logger.warn({ queue: this.name, waiting }, 'a queue stood still; its worker is replaced');
    const [worker, connection] = [this.worker, this.connection];
    this.open();
    // It hangs: whether it says that it has closed is of no interest.
    worker.close(true).catch(() => undefined);
    connection.disconnect();
  }

  /**
   * Takes no new job, waits for the running ones, closes. While Redis is away BullMQ waits for a connection to end that is
   * being made anew and never says so: what is left then is only to let go.
   */
  async close(): Promise<void> {
    // The process ends: a job that was not given back is found by its row.
    const closed = this.worker.close().catch(() => undefined);
    // Each job reports its own failure; here it is only waited for.
    while (this.running.size > 0) await Promise.allSettled(this.running);
    await Promise.race([closed, sleep(CLOSE_BUDGET)]);
    this.connection.disconnect();
  }
}

/**
 * The receiving side: one BullMQ worker a queue. A handler that throws leaves its row to the sweeper.
 *
 * When a Redis Cluster changed its primary, one worker in ten was seen never to ask for a job again (BullMQ 6.7 and ioredis
 * 5.11: it waits for a connection that is there); what the sweeper sends is of the same name as the job that waits, and so is
 * none. So it is looked whether queues move.
 */
export class JobReceiver {
  private readonly workers: Map<JobName, QueueWorker>;
  private readonly connection: QueueConnection;
  private readonly queues: Queue[];
  private readonly timer: NodeJS.Timeout;

  constructor(
    url: string,
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
    this.connection = openConnection(url, 'send');
    this.queues = jobNames.map(
      (name) => new Queue(name, { connection: this.connection, prefix: keys.queue }),
    );
    for (const queue of this.queues) queue.on('error', () => undefined);
    this.timer = setInterval(() => void this.look(), LOOK_EVERY);
  }

  /** Says nothing while Redis is away: nothing can move then. */
  private async look(): Promise<void> {
    // While Redis is away nothing can move, which has an alert of its own.
    await Promise.allSettled(
      this.queues.map(async (queue) => {
        const counts = await queue.getJobCounts('wait', 'prioritized', 'delayed');
        const waiting = Object.values(counts).reduce((sum, count) => sum + count, 0);
        this.workers.get(queue.name as JobName)?.look(waiting);
      }),
    );
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all([...this.workers.values()].map((worker) => worker.close()));
    await Promise.race([Promise.allSettled(this.queues.map((queue) => queue.close())), sleep(CLOSE_BUDGET)]);
    this.connection.disconnect();
  }
}
