import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  collectProcessMetrics,
  exitForFault,
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
import type { FastifyInstance } from 'fastify';
import { ApiModule, operations } from './api.module.js';
import { serveAccountPages } from './account-pages/serve-account-pages.js';
import { serveInstancePages } from './instance-pages/serve-instance-pages.js';
import { serveDocs } from './docs/serve-docs.js';
import { declareRoute } from './http/allowed-methods.js';
import { routeDirectly } from './http/fast-path/direct-routes.js';
import { Drain } from './http/drain.js';
import { EndpointGuard } from './http/endpoint.guard.js';
import { askForTokensFirst } from './http/expectations.js';
import { ProblemFilter } from './http/problem-filter.js';
import { logRequests } from './http/request-log.js';
import { traceRequests } from './http/traced-requests.js';
import { readFromReplica } from './http/replica-reads.js';
import { speakTus } from './tus-uploads/tus.js';
import { createAdapter, prepareServer } from './http/server.js';
import { AccessTokens } from '@app/domain';
import { UnknownRequests } from './http/unknown-requests.js';
import { Streams } from './stream/streams.js';

/** Builds the application without listening. */
export async function createApi(
  config: Config,
): Promise<{ app: NestFastifyApplication; logger: Logger; drain: Drain }> {
  const app = await NestFactory.create<NestFastifyApplication>(
    ApiModule.with(config),
    createAdapter(config),
    {
      bodyParser: false,
      // Otherwise Nest logs every attempt and ends the process with a stack, where one sentence is enough.
      abortOnError: false,
      logger: false,
      bufferLogs: true,
    },
  );
  const logger = app.get<Logger>(LOGGER);
  app.useLogger(nestLogger(logger));
  const filter = new ProblemFilter(logger, app.get(ErrorReports));
  app.useGlobalFilters(filter);
  const server: FastifyInstance = app.getHttpAdapter().getInstance();
  const drain = new Drain(server);
  traceRequests(server, config);
  const unknown = new UnknownRequests(app.get(AccessTokens), config, logger);
  logRequests(server, logger, (request) => unknown.isRefused(request));
  await prepareServer(app, config);
  unknown.limit(server);
  readFromReplica(app, server);
  speakTus(server);
  const declared = operations();
  // An admin's paths do not exist for anybody else: a 405 would reveal them.
  for (const { endpoint } of declared) {
    if (endpoint.access !== 'admin') declareRoute(endpoint.method, endpoint.path);
  }
  askForTokensFirst(
    server,
    declared.map(({ endpoint }) => endpoint),
    app.get(EndpointGuard),
  );
  routeDirectly(app, server, declared, filter);
  serveDocs(server);
  serveAccountPages(app, server, filter);
  serveInstancePages(app, server, filter);
  return { app, logger, drain };
}

/** Runs the api until it receives a signal to stop. */
export async function run(): Promise<void> {
  const config = readConfigOrExit('narwhal-api');
  await start(config).catch((error: unknown) => exitForFault('narwhal-api', error, config));
}

async function start(config: Config): Promise<void> {
  const manager = new ServiceManager();
  collectProcessMetrics();
  const { app, logger, drain } = await createApi(config);
  watchQueries(logger);
  app.get(ErrorReports).catchTheUncaught();
  await app.listen({ port: config.PORT, host: config.HOST, backlog: 1_024 });
  const health = app.get(Watch);
  const operations = await startOperationsServer({
    ...config.METRICS_ADDR,
    keys: config.TOKEN_KEYS,
    ready: () => health.ready(),
    collect: () => app.get(Backlog).collect(),
    pages: operationsPages(health),
  });
  logger.info({ port: config.PORT, host: config.HOST }, 'the api listens');
  void warnWithoutRedis(config, logger);

  drain.onBegin(() => app.get(Streams).end());
  const stop = async (signal: string) => {
    if (health.isDraining) return;
    manager.stopping();
    logger.info({ signal }, 'the api drains');
    health.drain();
    await drain.run(config.TRUSTED_PROXIES.length > 0);
    operations.close();
    // The last heartbeat is taken back by the sender's connection.
    await app.close();
    await app.get(JobSender).close();
    logger.info('the api has stopped');
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal));
  await manager.whenReady(() => health.ready());
}
