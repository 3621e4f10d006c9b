import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { openLog } from './logs.ts';

export interface Launch {
  command: string;
  args: string[];
  logFile: string;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Written to the program's standard input, for secrets that a process list must not show. */
  input?: string;
  /** Called with the process as soon as it runs, before anything else that can fail. */
  launched?: (process: Launched) => void;
}

/** Identifies a process, even if a later one has the same number. */
export interface ProcessMark {
  pid: number;
  identity: string;
}

export interface Launched extends ProcessMark {
  /** Settles when the process has ended, with a description of how. */
  ended: Promise<string>;
}

export interface Stoppable extends Launched {
  /** Asks it to shut down cleanly, and waits; shorter once `hurry` is aborted. */
  stop(hurry?: AbortSignal): Promise<void>;
}

/** A server that was started here. */
export interface RunningServer extends Stoppable {
  /** For api and worker. */
  url: string;
  /** For whoever may do everything with it. */
  operatorUrl: string;
  port: number;
  /** kill -9, as fault tests do. Starting again on the same folder and port brings it back. */
  kill(): Promise<void>;
}

/**
 * Starts a program in its own process session, so that Ctrl-C in the terminal reaches the launcher alone, which then
 * stops everything in order. Its output goes straight to the log: it does not stop when the launcher is killed.
 */
export async function launch(options: Launch): Promise<Launched> {
  const { command, args, logFile, env, cwd, input, launched } = options;
  const log = openLog(logFile);
  const child = spawn(command, args, {
    env,
    cwd,
    detached: true,
    stdio: [input === undefined ? 'ignore' : 'pipe', log, log],
  });
  closeSync(log);
  const ended = new Promise<string>((settle) => {
    child.once('exit', (code, signal) => settle(signal ? `signal ${signal}` : `exit code ${code}`));
  });
  await started(child, command);
  const pid = child.pid ?? 0;
  const process_ = { pid, identity: identityOf(pid) ?? '', ended };
  launched?.(process_);
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input);
  return process_;
}

function started(child: ChildProcess, command: string): Promise<void> {
  return new Promise((settle, fail) => {
    child.once('spawn', settle);
    child.once('error', (error) => fail(new Error(`cannot start ${command}: ${error.message}`)));
  });
}

function readProcFile(pid: number, name: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * Distinguishes a process from a later one with the same number: this boot and the start time in clock ticks (field 22 of
 * stat; counted after the last parenthesis, because the program's name may hold spaces). Undefined when it is gone.
 */
export function identityOf(pid: number): string | undefined {
  const stat = readProcFile(pid, 'stat');
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (!fields || fields[0] === 'Z') return undefined;
  return `${thisBoot()}:${fields[19]}`;
}

function thisBoot(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

export function commandLineOf(pid: number): string {
  return (readProcFile(pid, 'cmdline') ?? '').replaceAll('\0', ' ');
}

/** A negative number means the process group. Returns false when there is nothing to signal. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

export interface StopStep {
  signal: NodeJS.Signals;
  /** The time that the process has before the next signal. */
  patience: number;
}

/**
 * Sends one signal after the other until the process is gone; then ends the rest of its group. Once `hurry` is aborted, the
 * waits are short.
 */
export async function endProcess(mark: ProcessMark, steps: StopStep[], hurry?: AbortSignal): Promise<void> {
  for (const step of [...steps, { signal: 'SIGKILL', patience: 10_000 } as const]) {
    if (!isAlive(mark)) break;
    signal(mark.pid, step.signal);
    await goneWithin(mark, step.patience, hurry);
  }
  endLeftGroup(mark);
}

export function isAlive({ pid, identity }: ProcessMark): boolean {
  return identityOf(pid) === identity;
}

const patienceInHurry = 1_000;

async function goneWithin(mark: ProcessMark, patience: number, hurry?: AbortSignal): Promise<void> {
  const begun = Date.now();
  while (isAlive(mark)) {
    if (Date.now() - begun > (hurry?.aborted ? Math.min(patience, patienceInHurry) : patience)) return;
    await sleep(25);
  }
}

/**
 * Ends what remains of the group of a process that is gone. The kernel does not reuse the number of an existing group, so on
 * the same boot, and while no process has the number, the group is still that process's.
 */
export function endLeftGroup({ pid, identity }: ProcessMark): void {
  if (identity.startsWith(thisBoot()) && identityOf(pid) === undefined) signal(-pid, 'SIGKILL');
}
