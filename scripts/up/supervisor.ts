import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessMark } from '../processes.ts';
import { describe, warn } from '../say.ts';
import type { PidFile } from './pid-file.ts';
import { stopOrder, type ServiceName } from './services.ts';

export interface Process extends ProcessMark {
  ended: Promise<string>;
  stop(hurry?: AbortSignal): Promise<void>;
}

export interface Service {
  name: ServiceName;
  logFile: string;
  start(): Promise<Process>;
  /** Settles when the started process serves; fails when it does not come to that. */
  ready?(process: Process): Promise<void>;
}

/** A server that ends so often in a row is broken; an application is tried for ever, since what it waits for may come. */
const serverAttempts = 5;
const longestPause = 30_000;
/** After so long a run, the next end counts as the first. */
const soundRun = 60_000;

/** Keeps the services of one Narwhal running until it is told to stop, and then stops them in order. */
export class Supervisor {
  private readonly running = new Map<ServiceName, Process>();
  private readonly starting = new Set<Promise<unknown>>();
  private readonly stopping = new AbortController();
  private giveUp: (reason: Error) => void = () => undefined;
  /** Rejects when a service cannot be kept running. */
  readonly failure = new Promise<never>((_, fail) => (this.giveUp = fail));

  private readonly pidFile: PidFile;

  constructor(pidFile: PidFile) {
    this.pidFile = pidFile;
    this.failure.catch(() => undefined);
  }

  /** Starts a service for the first time and waits for it. A failure until then is the caller's; later ends are mended. */
  async start(service: Service): Promise<void> {
    const process = await this.launch(service);
    await service.ready?.(process);
    void this.keep(service, process);
  }

  private async launch(service: Service): Promise<Process> {
    this.stopping.signal.throwIfAborted();
    const attempt = service.start().then((process) => {
      this.running.set(service.name, process);
      this.pidFile.note(service.name, process);
      return process;
    });
    this.starting.add(attempt);
    return attempt.finally(() => this.starting.delete(attempt));
  }

  private async keep(service: Service, first: Process): Promise<void> {
    let process: Process | undefined = first;
    for (let attempt = 1; ; attempt += 1) {
      const begun = Date.now();
      if (process) await this.reportEnd(service, process);
      if (this.stopping.signal.aborted) return;
      if (Date.now() - begun > soundRun) attempt = 1;
      if (isServer(service.name) && attempt > serverAttempts) {
        return this.giveUp(new Error(`${service.name} does not stay up; see ${service.logFile}`));
      }
      process = await this.launchAfterPause(service, attempt);
    }
  }

  private async reportEnd(service: Service, process: Process): Promise<void> {
    const reason = await process.ended;
    if (this.stopping.signal.aborted) return;
    warn(`${service.name} ended unexpectedly (${reason}); starting it again. Its log: ${service.logFile}`);
    // What it left in its process group goes too, or a worker's children would outlive it.
    await process.stop();
  }

  private async launchAfterPause(service: Service, attempt: number): Promise<Process | undefined> {
    const pause = Math.min(longestPause, 250 * 2 ** (attempt - 1));
    try {
      await sleep(pause, undefined, { signal: this.stopping.signal });
      return await this.launch(service);
    } catch (error) {
      if (!this.stopping.signal.aborted) warn(`${service.name} did not start: ${describe(error)}`);
      return undefined;
    }
  }

  /** Applications first, then the servers that they use. No process is left behind. */
  async stopAll(hurry: AbortSignal): Promise<void> {
    this.stopping.abort();
    await Promise.allSettled(this.starting);
    for (const names of stopOrder) {
      await Promise.all(names.map(async (name) => this.running.get(name)?.stop(hurry)));
    }
  }
}

function isServer(name: ServiceName): boolean {
  return name === 'postgres' || name === 'redis';
}
