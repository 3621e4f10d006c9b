import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { childEnvironment } from './env.ts';

/** Runs a program in the foreground, passes signals on, and resolves to its exit code. */
export function runProgram(
  command: string,
  args: string[],
  settings: Record<string, string> = {},
): Promise<number> {
  return new Promise((settle, fail) => {
    const child = spawn(command, args, { stdio: 'inherit', env: childEnvironment(settings) });
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => child.kill(name));
    child.on('error', fail);
    child.on('exit', (code, signal) => settle(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}
