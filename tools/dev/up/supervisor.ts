import { setTimeout as sleep } from 'node:timers/promises';
import { endProcess, type Launched, type ProcessMark } from '../processes.ts';
import { describe, warn } from '../say.ts';
import type { Child, PidFile } from './pid-file.ts';
import { stopOrder, stopSteps, type ServiceName } from './services.ts';

export interface Process extends ProcessMark {
  ended: Promise<string>;
  stop(hurry?: AbortSignal): Promise<void>;
}

export interface Service {
  name: ServiceName;
  logFile: string;
  /** Calls `launched` with every process as soon as it runs, so that none is lost when a later operation fails. */
  start(launched: (process: Launched) => void): Promise<Process>;
  /** Settles when the started process serves; fails when it does not get there. */
  ready?(process: Process): Promise<void>;
}

const longestPause = 30_000;
/** After a run of this length, the next exit counts as the first. */
const soundRun = 60_000;

/**
 * Keeps the services of one Narwhal running until it is asked to stop, and then stops them in order. It never gives up: what
 * a service lacks, such as disk space, may come back.
 */
export class Supervisor {
  private readonly running = new Map<ServiceName, Process>();
  private readonly children = new Set<Child>();
  private readonly starting = new Set<Promise<unknown>>();
  private readonly stopping = new AbortController();
  private readonly pidFile: PidFile;
  private readonly pauses: (attempt: number) => number;

  constructor(pidFile: PidFile, pauses = pauseBefore) {
    this.pidFile = pidFile;
    this.pauses = pauses;
  }

  /** Starts a service for the first time and waits for it. The caller handles a failure until then; later exits lead to a restart. */
  async start(service: Service): Promise<void> {
    const process = await this.launch(service);
    await service.ready?.(process);
    void this.keep(service, process);
  }

  /** Runs a service that ends by itself, once, and resolves to how it ended. */
  async run(service: Service): Promise<string> {
    const reason = await (await this.launch(service)).ended;
    await this.end(service.name);
    return reason;
  }

  private async launch(service: Service): Promise<Process> {
    this.stopping.signal.throwIfAborted();
    const attempt = this.attempt(service);
    this.starting.add(attempt);
    return attempt.finally(() => this.starting.delete(attempt));
  }

  private async attempt(service: Service): Promise<Process> {
    const { name } = service;
    try {
      const process = await service.start(({ pid, identity }) => {
        this.children.add({ name, pid, identity });
        this.pidFile.keep(this.children);
      });
      this.running.set(name, process);
      return process;
    } catch (error) {
      // The next attempt must not find it running.
      await this.end(name);
      throw error;
    }
  }

  private async keep(service: Service, first: Process): Promise<void> {
    let process: Process | undefined = first;
    for (let attempt = 1; ; attempt += 1) {
      const begun = Date.now();
      const reason = process ? await process.ended : 'it did not start';
      if (this.stopping.signal.aborted) return;
      // Ends its process group too, or a worker's children would outlive it.
      await this.end(service.name);
      if (Date.now() - begun > soundRun) attempt = 1;
      process = await this.launchAfterPause(service, attempt, reason);
    }
  }

  private async launchAfterPause(
    service: Service,
    attempt: number,
    reason: string,
  ): Promise<Process | undefined> {
    const { name, logFile } = service;
    const pause = this.pauses(attempt);
    const often = attempt > 1 ? `, for the ${ordinal(attempt)} time in a row` : '';
    warn(
      `${name} ended unexpectedly (${reason})${often}; starting it again in ${pause / 1000} s. Its log: ${logFile}`,
    );
    try {
      await sleep(pause, undefined, { signal: this.stopping.signal });
      return await this.launch(service);
    } catch (error) {
      if (!this.stopping.signal.aborted) warn(`${name} did not start: ${describe(error)}`);
      return undefined;
    }
  }

  /** Ends the running process of a service, and everything else launched for it. */
  private async end(name: ServiceName, hurry?: AbortSignal): Promise<void> {
    await this.running.get(name)?.stop(hurry);
    this.running.delete(name);
    const children = [...this.children].filter((child) => child.name === name);
    await Promise.all(children.map((child) => endProcess(child, stopSteps[name], hurry)));
    for (const child of children) this.children.delete(child);
  }

  /** Stops the applications first, then the servers that they use. No process survives, not even of pending starts. */
  async stopAll(hurry: AbortSignal): Promise<void> {
    this.stopping.abort();
    await this.endAll(hurry);
    await Promise.allSettled(this.starting);
    await this.endAll(hurry);
  }

  private async endAll(hurry: AbortSignal): Promise<void> {
    for (const names of stopOrder) await Promise.all(names.map((name) => this.end(name, hurry)));
  }
}

/** Milliseconds before an attempt: starts at a quarter of a second, doubles each time, up to half a minute. */
export function pauseBefore(attempt: number): number {
  return Math.min(longestPause, 250 * 2 ** Math.min(attempt - 1, 10));
}

function ordinal(count: number): string {
  const tens = Math.floor(count / 10) % 10;
  const suffix = tens === 1 ? undefined : ['th', 'st', 'nd', 'rd'][count % 10];
  return `${count}${suffix ?? 'th'}`;
}
