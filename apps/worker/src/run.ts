import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  collectProcessMetrics,
  exitForFault,
  JobReceiver,
  JobSender,
  LOGGER,
  nestLogger,
  readConfigOrExit,
  ServiceManager,
  startOperationsServer,
  type Config,
  type Logger,
} from '@app/platform';
import { warnWithoutRedis } from '@app/feed';
import { Backlog, ErrorReports, operationsPages, Watch } from '@app/watch';
import { watchQueries } from '@app/storage';
import { DevelopPool } from '@app/images';
import { DeliverService } from './deliver/deliver.service.js';
import { DevelopService } from './develop/develop.service.js';
import { EffectsService } from './effects/effects.service.js';
import { Folding } from './effects/folding.js';
import { Transfers } from './transfers/transfers.service.js';
import { mailPages } from './mail/mail-pages.js';
import { NotifyService } from './notify/notify.service.js';
import { Sweeper } from './sweep/sweeper.js';
import { SyntheticChecks } from './synthetic-check/synthetic-checks.js';
import { WorkerModule } from './worker.module.js';

/** The handler of every job; a job without one does not compile. */
function receive(app: INestApplicationContext, config: Config, logger: Logger): JobReceiver {
  const handlers = {
    develop: app.get(DevelopService),
    deliver: app.get(DeliverService),
    effect: app.get(EffectsService),
    fold: app.get(Folding),
    notify: app.get(NotifyService),
  };
  return new JobReceiver(
    config.REDIS_QUEUE_URL ?? config.REDIS_URL,
    app.get(JobSender),
    {
      develop: {
        concurrency: config.DEVELOP_CONCURRENCY,
        run: async () => void (await handlers.develop.run()),
      },
      deliver: { concurrency: 2, run: (job) => handlers.deliver.run(job) },
      effect: { concurrency: 8, run: ({ outboxId }) => handlers.effect.run(outboxId) },
      fold: { concurrency: 4, run: ({ shard }) => handlers.fold.shard(shard) },
      notify: { concurrency: 4, run: (job) => handlers.notify.run(job) },
    },
    logger,
    (job, payload, error) => app.get(ErrorReports).report(error, { job, payload }),
  );
}

/** Runs the worker until it receives a signal to stop. */
export async function run(): Promise<void> {
  const config = readConfigOrExit('narwhal-worker');
  await start(config).catch((error: unknown) => exitForFault('narwhal-worker', error, config));
}

async function start(config: Config): Promise<void> {
  const manager = new ServiceManager();
  collectProcessMetrics();
  const app = await NestFactory.createApplicationContext(WorkerModule.with(config), {
    // Otherwise Nest logs every attempt and ends the process with a stack, where one sentence is enough.
    abortOnError: false,
    logger: false,
    bufferLogs: true,
  });
  const logger = app.get<Logger>(LOGGER);
  app.useLogger(nestLogger(logger));
  watchQueries(logger);
  app.get(ErrorReports).catchTheUncaught();
  const health = app.get(Watch);
  const sweeper = app.get(Sweeper);
  const operations = await startOperationsServer({
    ...config.WORKER_METRICS_ADDR,
    keys: config.TOKEN_KEYS,
    ready: () => health.ready(),
    collect: () => app.get(Backlog).collect(),
    pages: { ...operationsPages(health), ...mailPages(config) },
  });
  const receiver = receive(app, config, logger);
  let stopping = false;
  sweeper.start();
  const checks = app.get(SyntheticChecks);
  checks.start();
  // Starts the children early, so that the first photos need not wait. The photo that needs a failed child retries its start.
  const pool = app.get(DevelopPool);
  const warm = async () => {
    const { loss } = await pool.wall;
    if (loss) {
      logger.warn(`this worker ${loss}`);
      health.noteNoWall(loss);
    }
    await pool.warm();
  };
  warm().catch((error: unknown) => {
    if (!stopping) logger.error({ error }, 'a child process for photos did not start');
  });
  logger.info('the worker is running');
  void warnWithoutRedis(config, logger);

  const stop = async (signal: string) => {
    if (stopping) return;
    stopping = true;
    manager.stopping();
    logger.info({ signal }, 'the worker finishes its running jobs');
    app.get(Folding).end();
    const rooms = [app.get(DevelopService).end(), app.get(Transfers).end()];
    await Promise.all([...rooms, receiver.close(), sweeper.stop(), checks.stop()]);
    await pool.close();
    operations.close();
    // The last heartbeat is taken back by the sender's connection.
    await app.close();
    await app.get(JobSender).close();
    logger.info('the worker has stopped');
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal));
  await manager.whenReady(() => health.ready());
}
