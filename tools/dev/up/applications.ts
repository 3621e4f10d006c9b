import { join } from 'node:path';
import { childEnvironment } from '../env.ts';
import { root } from '../install.mjs';
import { lastLines } from '../logs.ts';
import { endProcess, launch } from '../processes.ts';
import { answersOk, faultOf, untilServing } from '../ready.ts';
import { Refusal, say } from '../say.ts';
import { stopSteps, type ServiceName } from './services.ts';
import type { Service, Supervisor } from './supervisor.ts';

export type Settings = Record<string, string>;

const PATIENCE = 120_000;
const STILL_WAITING = 15_000;

/** A program of the build. */
function program(
  name: ServiceName,
  args: string[],
  settings: Settings,
  logFile: string,
): Pick<Service, 'name' | 'logFile' | 'start'> {
  return {
    name,
    logFile,
    async start(launched) {
      const env = childEnvironment(settings);
      const process_ = await launch({ command: process.execPath, args, logFile, env, cwd: root, launched });
      return { ...process_, stop: (hurry) => endProcess(process_, stopSteps[name], hurry) };
    },
  };
}

const built = (app: string): string => join(root, 'dist', 'apps', app, 'src', 'main.js');

/** api or worker; `url` is where it serves /health/ready. */
export function application(
  name: 'api' | 'worker',
  settings: Settings,
  logFile: string,
  url: string,
): Service {
  return {
    ...program(name, ['--enable-source-maps', built(name)], settings, logFile),
    async ready(launched) {
      const path = `${url}/health/ready`;
      const said = setInterval(() => say(`Still waiting for ${name} (${path}) ...`), STILL_WAITING);
      await untilServing(
        launched,
        () => answersOk(path, 2_000),
        (why) => faultOf(name, logFile)(`${why} (${path})`),
        PATIENCE,
      ).finally(() => clearInterval(said));
    },
  };
}

/** Takes WAL to the repository, and makes a backup a day. */
export const backups = (settings: Settings, logFile: string, spool: string): Service =>
  program('backup', [built('cli'), 'backup', 'keep', spool], settings, logFile);

/** Migrates the database to the schema of this build. */
export async function migrate(
  settings: Settings,
  logFile: string,
  supervisor: Pick<Supervisor, 'run'>,
): Promise<void> {
  const reason = await supervisor.run(program('migrate', [built('cli'), 'migrate'], settings, logFile));
  if (reason === 'exit code 0') return;
  throw new Refusal(
    `The migration of the database failed (${reason}); the end of ${logFile}:\n${lastLines(logFile)}`,
  );
}
