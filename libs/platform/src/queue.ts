import { setTimeout as sleep } from 'node:timers/promises';
import { Queue, Worker, type ConnectionOptions, type JobsOptions } from 'bullmq';
import { Redis } from 'ioredis';
import type { Id } from './ids.js';
import { isNotifyKind, jobNames, outboxKinds, type JobName, type Jobs, type OutboxKind } from './jobs.js';
import { keys } from './keys.js';
import type { Logger } from './logger.js';
import { counter } from './metrics/index.js';

/** Finished jobs are forgotten at once: a kept id would swallow the sweeper's next job of the same row. */
const jobOptions: JobsOptions = { removeOnComplete: true, removeOnFail: true, attempts: 1 };

/** Enqueueing only hastens: past this it is given up, and the sweeper finds the row. In milliseconds. */
const ENQUEUE_BUDGET = 250;

/** How long BullMQ may take to let go once no job runs; see `JobReceiver.close`. In milliseconds. */
const CLOSE_BUDGET = 2_000;

/**
 * What gathers is carried out together: a thousand likes a second are one fold and one notification; and no delta is folded
 * young (see `Counts`). In milliseconds.
 */
const DELAYS: Partial<Record<JobName, number>> = { fold: 1_000, notify: 1_000 };

function connection(url: string, blocking: boolean): ConnectionOptions {
  const redis = new Redis(url, {
    maxRetriesPerRequest: blocking ? null : 0,
    enableOfflineQueue: blocking,
    ...(blocking ? {} : { commandTimeout: ENQUEUE_BUDGET }),
    retryStrategy: (attempt) => Math.min(50 * attempt, 1_000),
  });
  redis.on('error', () => undefined);
  return redis;
}

/** The sending side of the queues. Rows decide; this only makes them be looked at sooner. */
export class JobSender {
  private readonly connection: ConnectionOptions;
  private readonly queues = new Map<JobName, Queue>();

  constructor(
    url: string,
    private readonly logger: Logger,
  ) {
    this.connection = connection(url, false);
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

  /** Never throws and never waits for Redis: what is not enqueued is found by the sweeper. A row waits once at most. */
  send<Name extends JobName>(name: Name, payload: Jobs[Name], priority?: number): void {
    const options: JobsOptions = { jobId: Object.entries(payload).flat().join('-') };
    if (priority !== undefined) options.priority = priority;
    const delay = DELAYS[name];
    if (delay !== undefined) options.delay = delay;
    this.queues
      .get(name)
      ?.add(name, payload, options)
      .catch((error: unknown) =>
        this.logger.debug({ error, job: name }, 'not enqueued; the sweeper will find it'),
      );
  }

  /** Sends the job that carries an outbox row out, once the row is committed. */
  hasten(row: { id: Id; kind: OutboxKind; subject_id: Id }): void {
    const { id, kind, subject_id: subjectId } = row;
    if (isNotifyKind(kind)) this.send('notify', { kind, subjectId });
    else this.send(outboxKinds[kind].job, { outboxId: id });
  }

  /** Depth (waiting and running) and age in seconds of the oldest waiting job, by queue. */
  async depths(): Promise<Record<JobName, { depth: number; age: number }>> {
    const entries = await Promise.all(
      [...this.queues].map(async ([name, queue]) => {
        const counts = await queue.getJobCounts('wait', 'active', 'prioritized', 'delayed');
        const [oldest] = await queue.getWaiting(0, 0);
        const age = oldest ? (Date.now() - oldest.timestamp) / 1000 : 0;
        return [name, { depth: Object.values(counts).reduce((sum, n) => sum + n, 0), age }] as const;
      }),
    );
    return Object.fromEntries(entries) as Record<JobName, { depth: number; age: number }>;
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.queues.values()].map((queue) => queue.close()));
    (this.connection as Redis).disconnect();
  }
}

export type JobHandlers = {
  [Name in JobName]: { concurrency: number; run: (payload: Jobs[Name]) => Promise<void> };
};

/** The receiving side: one BullMQ worker a queue. A handler that throws leaves its row to the sweeper. */
export class JobReceiver {
  private readonly workers: Worker[];
  private readonly connections: ConnectionOptions[] = [];
  private readonly running = new Set<Promise<void>>();

  constructor(
    url: string,
    handlers: JobHandlers,
    logger: Logger,
    /** Hears of each failure, with the ids that the job was about. */
    onFailure: (queue: JobName, payload: object, error: Error) => void = () => undefined,
  ) {
    this.workers = jobNames.map((name) => {
      const redis = connection(url, true);
      this.connections.push(redis);
      const handler = handlers[name] as { concurrency: number; run: (payload: unknown) => Promise<void> };
      const worker = new Worker(name, (job) => this.track(handler.run(job.data)), {
        connection: redis,
        prefix: keys.queue,
        concurrency: handler.concurrency,
        lockDuration: 15_000,
        stalledInterval: 5_000,
        maxStalledCount: 1_000,
      });
      worker.on('error', (error) => logger.debug({ error, queue: name }, 'queue connection'));
      worker.on('completed', () => counter('narwhal_jobs_total').inc({ queue: name, outcome: 'done' }));
      worker.on('failed', (job, error) => {
        onFailure(name, (job?.data ?? {}) as object, error);
        counter('narwhal_jobs_total').inc({ queue: name, outcome: 'failed' });
        logger.warn({ error, queue: name }, 'job failed; the sweeper will try again');
      });
      return worker;
    });
  }

  private track(job: Promise<void>): Promise<void> {
    this.running.add(job);
    return job.finally(() => this.running.delete(job));
  }

  /**
   * Takes no new job, waits for the running ones, closes. While Redis is away BullMQ waits for a connection to end that is
   * being made anew and never says so: what is left then is only to let go.
   */
  async close(): Promise<void> {
    const closed = Promise.allSettled(this.workers.map((worker) => worker.close()));
    while (this.running.size > 0) await Promise.allSettled(this.running);
    await Promise.race([closed, sleep(CLOSE_BUDGET)]);
    for (const redis of this.connections) (redis as Redis).disconnect();
  }
}
