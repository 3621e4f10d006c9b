import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../../tools/dev/install.mjs';
import { endProcess, launch, type Launched } from '../../tools/dev/processes.ts';
import { bareEnvironment } from '../harness/env.js';
import { patient } from '../harness/pace.js';

/** A program that a test starts and ends; the run ends it in any case. */
export class Program {
  private process: Launched | undefined;

  constructor(
    private readonly command: string,
    private readonly args: readonly string[],
    private readonly folder: string,
    /** Returns 2xx once it works. */
    private readonly healthy: string | null = null,
  ) {}

  async start(): Promise<void> {
    const logFile = join(this.folder, `${this.command.split('/').at(-1)}.log`);
    this.process = await launch({
      command: this.command,
      args: [...this.args],
      logFile,
      env: bareEnvironment(),
      cwd: this.folder,
    });
    if (this.healthy) await untilOk(this.healthy, `${this.command}; see ${logFile}`);
  }

  async stop(): Promise<void> {
    const { process } = this;
    if (!process) return;
    this.process = undefined;
    await endProcess(process, [{ signal: 'SIGTERM', patience: patient(5_000) }]);
  }
}

async function untilOk(url: string, what: string): Promise<void> {
  for (let tries = 0; tries < patient(200); tries += 1) {
    const response = await fetch(url, { signal: AbortSignal.timeout(1_000) }).catch(() => null);
    await response?.body?.cancel();
    if (response?.ok) return;
    await sleep(100);
  }
  throw new Error(`expected ${what} to answer at ${url}`);
}

/** Runs a program to its end; @throws with its output when it fails */
export function run(command: string, args: readonly string[], env: Record<string, string> = {}): string {
  const options = { encoding: 'utf8' as const, env: { ...bareEnvironment(), ...env }, cwd: root };
  const { stdout, stderr, status } = spawnSync(command, [...args], options);
  if (status !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${stdout}\n${stderr}`);
  return stdout;
}

/** A program of the build. */
export const built = (...path: string[]): string => join(root, 'dist', ...path);
