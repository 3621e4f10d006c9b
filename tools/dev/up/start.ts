import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../env.ts';
import { withLock } from '../lock.mjs';
import { freePortNear } from '../ports.ts';
import { startPostgres } from '../postgres.ts';
import { startRedis } from '../redis.ts';
import { application, backups, migrate } from './applications.ts';
import { archiveSettings, makesBackups, spoolFolder } from './backups.ts';
import {
  applicationSettings,
  chooseMetrics,
  publishSettings,
  servingSettings,
  type Metrics,
  type Servers,
} from './settings.ts';
import type { StopRequest } from './stop-request.ts';
import { localUrl } from './summary.ts';
import type { Supervisor } from './supervisor.ts';

/** One run of `up`. */
export interface Run {
  environment: Environment;
  supervisor: Supervisor;
  stop: StopRequest;
}

function logFile({ environment }: Run, name: string): string {
  return join(environment.dataFolder, 'logs', `${name}.log`);
}

interface ServerPorts {
  postgres: number;
  redis: number;
}

/** Ports chosen at the first start and kept, so that addresses written down elsewhere stay valid; replaced when taken. */
async function keptPorts(dataFolder: string): Promise<ServerPorts> {
  const file = join(dataFolder, 'ports.json');
  let kept: Partial<ServerPorts> = {};
  try {
    kept = JSON.parse(readFileSync(file, 'utf8')) as Partial<ServerPorts>;
  } catch {
    // The first start.
  }
  const ports = { postgres: await freePortNear(kept.postgres), redis: await freePortNear(kept.redis) };
  writeFileSync(file, `${JSON.stringify(ports)}\n`, { mode: 0o600 });
  return ports;
}

/** Starts the servers that the environment does not name. */
export async function startServers(run: Run): Promise<Servers> {
  const { dataFolder, isSet } = run.environment;
  const ports = await keptPorts(dataFolder);
  const servers: Servers = {};
  const start = (name: 'postgres' | 'redis') => {
    const file = logFile(run, name);
    const options = { dir: join(dataFolder, name), port: ports[name], logFile: file };
    const begin =
      name === 'redis'
        ? startRedis
        : (given: Parameters<typeof startPostgres>[0]) =>
            startPostgres(makesBackups(run.environment) ? { ...given, settings: archiveSettings } : given);
    return run.supervisor.start({
      name,
      logFile: file,
      async start(launched) {
        const server = await begin({ ...options, launched });
        if (name === 'redis') servers.redisUrl = server.url;
        else [servers.databaseUrl, servers.databaseOwnersUrl] = [server.url, server.operatorUrl];
        return server;
      },
    });
  };
  await Promise.all([isSet('DATABASE_URL') || start('postgres'), isSet('REDIS_URL') || start('redis')]);
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
    const serving = servingSettings(settings);
    const api = application('api', serving, logFile(run, 'api'), localUrl(environment));
    const worker = application('worker', serving, logFile(run, 'worker'), localUrl(metrics.worker));
    await Promise.all([supervisor.start(api), supervisor.start(worker)]);
    if (makesBackups(environment))
      await supervisor.start(backups(settings, logFile(run, 'backup'), spoolFolder(environment)));
    return metrics;
  });
}
