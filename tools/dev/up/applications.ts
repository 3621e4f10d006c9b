import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { childEnvironment } from '../env.ts';
import { root } from '../install.mjs';
import { lastLines } from '../logs.ts';
import { endProcess, launch } from '../processes.ts';
import { Refusal, say } from '../say.ts';
import { stopSteps } from './services.ts';
import type { Process, Service, Supervisor } from './supervisor.ts';

export type Settings = Record<string, string>;

/** api or worker, as the build put it in dist; `url` is where it serves /health/ready. */
export function application(
  name: 'api' | 'worker',
  settings: Settings,
  logFile: string,
  url: string,
): Service {
  const program = join(root, 'dist', 'apps', name, 'src', 'main.js');
  return {
    name,
    logFile,
    ready: (process_) => waitUntilReady(name, process_, `${url}/health/ready`, logFile),
    async start(launched) {
      const env = childEnvironment(settings);
      const args = ['--enable-source-maps', program];
      const process_ = await launch({ command: process.execPath, args, logFile, env, cwd: root, launched });
      return { ...process_, stop: (hurry) => endProcess(process_, stopSteps[name], hurry) };
    },
  };
}

/** Migrates the database to the schema of this build. */
export async function migrate(
  settings: Settings,
  logFile: string,
  supervisor: Pick<Supervisor, 'run'>,
): Promise<void> {
  const program = join(root, 'dist', 'apps', 'cli', 'src', 'main.js');
  const env = childEnvironment(settings);
  const reason = await supervisor.run({
    name: 'migrate',
    logFile,
    async start(launched) {
      const process_ = await launch({
        command: process.execPath,
        args: [program, 'migrate'],
        logFile,
        env,
        cwd: root,
        launched,
      });
      return { ...process_, stop: (hurry) => endProcess(process_, stopSteps.migrate, hurry) };
    },
  });
  if (reason === 'exit code 0') return;
  throw new Refusal(
    `The migration of the database failed (${reason}); the end of ${logFile}:\n${lastLines(logFile)}`,
  );
}

const patience = 120_000;

/** Waits for 200 from a readiness URL; fails early, with the log's end, when the process ends instead. */
async function waitUntilReady(name: string, process_: Process, url: string, logFile: string): Promise<void> {
  let ended: string | undefined;
  void process_.ended.then((reason) => (ended = reason));
  const fail = (what: string) =>
    new Refusal(`${name} ${what}; the end of ${logFile}:\n${lastLines(logFile)}`);
  const begun = Date.now();
  for (let nextWord = 15_000; !(await answersOk(url)); await sleep(100)) {
    const waited = Date.now() - begun;
    if (ended !== undefined) throw fail(`did not start (${ended})`);
    if (waited > patience) throw fail(`is not ready after two minutes (${url})`);
    if (waited < nextWord) continue;
    say(`Still waiting for ${name} (${url}) ...`);
    nextWord += 15_000;
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
