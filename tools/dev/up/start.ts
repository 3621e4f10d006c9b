import { join } from 'node:path';
import type { Environment } from '../env.ts';
import { withLock } from '../lock.mjs';
import { startPostgres } from '../postgres.ts';
import { startRedis } from '../redis.ts';
import { application, migrate } from './applications.ts';
import { keptPorts } from './kept-ports.ts';
import {
  applicationSettings,
  chooseMetrics,
  publishSettings,
  type Metrics,
  type Servers,
} from './settings.ts';
import type { StopRequest } from './stop-request.ts';
import { localUrl } from './summary.ts';
import type { Service, Supervisor } from './supervisor.ts';

/** One run of `up`. */
export interface Run {
  environment: Environment;
  supervisor: Supervisor;
  stop: StopRequest;
}

function logFile({ environment }: Run, name: string): string {
  return join(environment.dataFolder, 'logs', `${name}.log`);
}

/** Starts the servers that the environment does not name. */
export async function startServers(run: Run): Promise<Servers> {
  const { dataFolder, isSet } = run.environment;
  const ports = await keptPorts(dataFolder);
  const servers: Servers = {};
  const postgres = async () => {
    const options = {
      dir: join(dataFolder, 'postgres'),
      port: ports.postgres,
      logFile: logFile(run, 'postgres'),
    };
    const start: Service['start'] = (launched) =>
      startPostgres({ ...options, launched }).then((server) => ((servers.databaseUrl = server.url), server));
    await run.supervisor.start({ name: 'postgres', logFile: options.logFile, start });
  };
  const redis = async () => {
    const options = { dir: join(dataFolder, 'redis'), port: ports.redis, logFile: logFile(run, 'redis') };
    const start: Service['start'] = (launched) =>
      startRedis({ ...options, launched }).then((server) => ((servers.redisUrl = server.url), server));
    await run.supervisor.start({ name: 'redis', logFile: options.logFile, start });
  };
  await Promise.all([isSet('DATABASE_URL') || postgres(), isSet('REDIS_URL') || redis()]);
  return servers;
}

/**
 * Migrates, then starts api and worker and waits until both serve. Two Narwhals started together would find the same ports
 * for their metrics free, so only one at a time chooses and starts.
 */
export function startApplications(run: Run, servers: Servers): Promise<Metrics> {
  const { environment, supervisor } = run;
  return withLock('start', async () => {
    const metrics = await chooseMetrics(environment);
    const settings = applicationSettings(environment, servers, metrics);
    publishSettings(environment, settings);
    await migrate(settings, logFile(run, 'migrate'), supervisor);
    const api = application('api', settings, logFile(run, 'api'), localUrl(environment));
    const worker = application('worker', settings, logFile(run, 'worker'), localUrl(metrics.worker));
    await Promise.all([supervisor.start(api), supervisor.start(worker)]);
    return metrics;
  });
}
