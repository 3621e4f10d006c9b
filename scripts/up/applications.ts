import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { childEnvironment } from '../env.ts';
import { root } from '../install.mjs';
import { lastLines } from '../logs.ts';
import { endProcess, launch, signal } from '../processes.ts';
import { Refusal, say } from '../say.ts';
import { stopSteps } from './services.ts';
import type { Process, Service } from './supervisor.ts';

export type Settings = Record<string, string>;

/** api or worker, as the build put it in dist. */
export function application(name: 'api' | 'worker', settings: Settings, logFile: string): Service {
  const program = join(root, 'dist', 'apps', name, 'src', 'main.js');
  return {
    name,
    logFile,
    async start() {
      const env = childEnvironment(settings);
      const args = ['--enable-source-maps', program];
      const process_ = await launch({ command: process.execPath, args, logFile, env, cwd: root });
      return { ...process_, stop: (hurry) => endProcess(process_.pid, stopSteps[name], hurry) };
    },
  };
}

/** Brings the database to the schema of this build. */
export async function migrate(settings: Settings, logFile: string, stopped: Promise<void>): Promise<void> {
  const program = join(root, 'dist', 'libs', 'storage', 'src', 'migrate.js');
  const env = childEnvironment(settings);
  const process_ = await launch({ command: process.execPath, args: [program], logFile, env, cwd: root });
  void stopped.then(() => signal(process_.pid, 'SIGTERM'));
  const reason = await process_.ended;
  if (reason === 'exit code 0') return;
  throw new Refusal(
    `The migration of the database failed (${reason}); the end of ${logFile}:\n${lastLines(logFile)}`,
  );
}

const patience = 120_000;

/** Waits for 200 from a readiness address; fails early, with the log's end, when the process ends instead. */
export async function waitUntilReady(service: Service, process_: Process, url: string): Promise<void> {
  let ended: string | undefined;
  void process_.ended.then((reason) => (ended = reason));
  const begun = Date.now();
  while (!(await answersOk(url))) {
    const log = () => `the end of ${service.logFile}:\n${lastLines(service.logFile)}`;
    if (ended !== undefined) throw new Refusal(`${service.name} did not start (${ended}); ${log()}`);
    const waited = Date.now() - begun;
    if (waited > patience)
      throw new Refusal(`${service.name} is not ready after two minutes (${url}); ${log()}`);
    if (waited > 15_000 && waited % 15_000 < 100) say(`Still waiting for ${service.name} (${url}) ...`);
    await sleep(100);
  }
}

async function answersOk(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}
