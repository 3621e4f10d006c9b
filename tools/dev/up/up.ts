import { accessSync, chmodSync, constants, mkdirSync } from 'node:fs';
import { build } from '../build.ts';
import { fillWithDemo } from '../demo/demo.ts';
import { readEnvironment, type Environment } from '../env.ts';
import { portFault, portHolder } from '../ports.ts';
import { describe, Refusal, say, warn } from '../say.ts';
import { ensureProgram, offerBubblewrap } from '../system-packages.ts';
import { checkSettings } from './check-settings.ts';
import { upLedger } from './services.ts';
import { withdrawSettings } from './settings.ts';
import { startApplications, startServers, type Run } from './start.ts';
import { listenForStop } from './stop-request.ts';
import { localUrl, summarize } from './summary.ts';
import { Supervisor } from './supervisor.ts';

/** Starts everything, waits until asked to stop, and stops everything. */
export async function up(args: string[]): Promise<void> {
  const environment = readEnvironment();
  const stop = listenForStop();
  openDataFolder(environment.dataFolder);
  const ledger = upLedger(environment.dataFolder, localUrl(environment));
  await ledger.take();
  const supervisor = new Supervisor(ledger);
  try {
    const start = untilReady({ environment, supervisor, stop }, args.includes('--demo'));
    await Promise.race([start, stop.requested]);
    await stop.requested;
  } finally {
    await supervisor.stopAll(stop.hurry);
    withdrawSettings(environment.dataFolder);
    ledger.release();
    if (stop.asked) say('Stopped.');
  }
}

/** Other users may traverse it to reach their own folders (PostgreSQL's user does), but not list it. */
function openDataFolder(folder: string): void {
  try {
    if (mkdirSync(folder, { recursive: true })) chmodSync(folder, 0o711);
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const reason = `The data folder ${folder} cannot be used (${(error as NodeJS.ErrnoException).code}).`;
    throw new Refusal(`${reason} Choose one of your own: NARWHAL_DATA=<folder> npm run up`);
  }
}

async function untilReady(run: Run, demo: boolean): Promise<void> {
  const { environment, stop } = run;
  const begun = Date.now();
  await refuseTakenPort(environment);
  if (!environment.isSet('REDIS_URL')) ensureProgram('redis-server', 'redis-server');
  offerBubblewrap();
  await build();
  await checkSettings(environment);
  if (stop.asked) return;

  const metrics = await startApplications(run, await startServers(run));
  if (stop.asked) return;
  summarize(environment, metrics, (Date.now() - begun) / 1000);
  if (demo) await fill(run);
}

async function refuseTakenPort({ host, port }: Environment): Promise<void> {
  const fault = await portFault(port, host);
  if (fault === null) return;
  if (fault === 'EADDRINUSE') {
    const holder = portHolder(port, host) ?? 'a process of another user';
    throw new Refusal(
      `Port ${port} is taken by ${holder}. Stop that, or choose another: PORT=${port + 1} npm run up`,
    );
  }
  throw new Refusal(`Cannot listen on ${host}:${port} (${fault}). Choose another with PORT and HOST.`);
}

/** A failed demo leaves Narwhal running; the next --demo resumes where it stopped. */
async function fill({ environment, stop }: Run): Promise<void> {
  try {
    await fillWithDemo(localUrl(environment), environment.dataFolder);
  } catch (error) {
    if (!stop.asked) warn(`The demo is not complete: ${describe(error)}`);
  }
}
