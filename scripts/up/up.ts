import { accessSync, chmodSync, constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from '../build.ts';
import { fillWithDemo } from '../demo/demo.ts';
import { readEnvironment, type Environment } from '../env.ts';
import { portFault, portHolder } from '../ports.ts';
import { startPostgres } from '../postgres.ts';
import { startRedis } from '../redis.ts';
import { describe, Refusal, say, warn } from '../say.ts';
import { ensureProgram } from '../system-packages.ts';
import { application, migrate } from './applications.ts';
import { keptPorts } from './kept-ports.ts';
import { PidFile } from './pid-file.ts';
import {
  applicationSettings,
  chooseMetrics,
  publishSettings,
  withdrawSettings,
  type Servers,
} from './settings.ts';
import { listenForStop, type StopRequest } from './stop-request.ts';
import { localUrl, summarize } from './summary.ts';
import { Supervisor } from './supervisor.ts';

/** Starts everything, stays until asked to stop, and stops everything. */
export async function up(args: string[]): Promise<void> {
  const environment = readEnvironment();
  const stop = listenForStop();
  openDataFolder(environment.dataFolder);
  const pidFile = new PidFile(environment.dataFolder, localUrl(environment));
  await pidFile.take();
  const supervisor = new Supervisor(pidFile);
  try {
    const run = runUntilReady(environment, supervisor, stop, args.includes('--demo'));
    await Promise.race([run, stop.requested, supervisor.failure]);
    await Promise.race([supervisor.failure, stop.requested]);
  } finally {
    await supervisor.stopAll(stop.hurry);
    withdrawSettings(environment.dataFolder);
    pidFile.release();
    if (stop.asked) say('Stopped.');
  }
}

/** Others may pass through to what they own inside (PostgreSQL's user does), but not look around. */
function openDataFolder(folder: string): void {
  if (mkdirSync(folder, { recursive: true })) chmodSync(folder, 0o711);
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    throw new Refusal(
      `The data folder ${folder} belongs to another user. Use NARWHAL_DATA=<folder> for one of your own.`,
    );
  }
}

async function runUntilReady(
  environment: Environment,
  supervisor: Supervisor,
  stop: StopRequest,
  demo: boolean,
): Promise<void> {
  const begun = Date.now();
  await refuseTakenPort(environment);
  if (!environment.isSet('REDIS_URL')) ensureProgram('redis-server', 'redis-server');
  await build();
  if (stop.asked) return;

  const log = (name: string) => join(environment.dataFolder, 'logs', `${name}.log`);
  const servers = await startServers(environment, supervisor, log);
  const metrics = await chooseMetrics(environment);
  const settings = applicationSettings(environment, servers, metrics);
  publishSettings(environment.dataFolder, settings);
  await migrate(settings, log('migrate'), stop.requested);

  const api = application('api', settings, log('api'), localUrl(environment));
  const worker = application('worker', settings, log('worker'), localUrl(metrics.worker));
  await Promise.all([supervisor.start(api), supervisor.start(worker)]);
  if (stop.asked) return;
  summarize(environment, metrics, (Date.now() - begun) / 1000);
  if (demo) await fill(environment, stop);
}

/** A demo that fails leaves Narwhal running; the next --demo goes on where it stopped. */
async function fill(environment: Environment, stop: StopRequest): Promise<void> {
  try {
    await fillWithDemo(localUrl(environment), environment.dataFolder);
  } catch (error) {
    if (!stop.asked) warn(`The demo is not complete: ${describe(error)}`);
  }
}

async function refuseTakenPort({ host, port }: Environment): Promise<void> {
  const fault = await portFault(port, host);
  if (fault === null) return;
  if (fault === 'EADDRINUSE') {
    const holder = portHolder(port) ?? 'a process of another user';
    throw new Refusal(
      `Port ${port} is taken by ${holder}. Stop that, or choose another port: PORT=${port + 1} npm run up`,
    );
  }
  throw new Refusal(`Cannot listen on ${host}:${port} (${fault}). Choose another with PORT and HOST.`);
}

/** The servers that the environment does not name. */
async function startServers(
  environment: Environment,
  supervisor: Supervisor,
  log: (name: string) => string,
): Promise<Servers> {
  const { dataFolder, isSet } = environment;
  const ports = await keptPorts(dataFolder);
  const servers: Servers = {};
  const postgres = async () => {
    const options = { dir: join(dataFolder, 'postgres'), port: ports.postgres, logFile: log('postgres') };
    const start = () => startPostgres(options).then((server) => ((servers.databaseUrl = server.url), server));
    await supervisor.start({ name: 'postgres', logFile: options.logFile, start });
  };
  const redis = async () => {
    const options = { dir: join(dataFolder, 'redis'), port: ports.redis, logFile: log('redis') };
    const start = () => startRedis(options).then((server) => ((servers.redisUrl = server.url), server));
    await supervisor.start({ name: 'redis', logFile: options.logFile, start });
  };
  await Promise.all([isSet('DATABASE_URL') || postgres(), isSet('REDIS_URL') || redis()]);
  return servers;
}
