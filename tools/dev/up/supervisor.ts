import { keepRunning } from '../keep-running.ts';
import type { Child } from '../ledger.ts';
import { endProcess, type Launched, type Stoppable } from '../processes.ts';
import { warn } from '../say.ts';
import { stopOrder, stopSteps, type ServiceName, type UpLedger } from './services.ts';

export interface Service {
  name: ServiceName;
  logFile: string;
  /** Calls `launched` with every process as soon as it runs, so that none is lost when a later operation fails. */
  start(launched: (process: Launched) => void): Promise<Stoppable>;
  /** Settles when the started process serves; fails when it does not get there. */
  ready?(process: Launched): Promise<void>;
}

/** Keeps the services of one Narwhal running until it is asked to stop, and then stops them in order. */
export class Supervisor {
  private readonly running = new Map<ServiceName, Stoppable>();
  private readonly children = new Set<Child>();
  private readonly starting = new Set<Promise<unknown>>();
  private readonly stopping = new AbortController();
  private readonly ledger: UpLedger;
  private readonly pauses: ((attempt: number) => number) | undefined;

  constructor(ledger: UpLedger, pauses?: (attempt: number) => number) {
    this.ledger = ledger;
    this.pauses = pauses;
  }

  /** Starts a service for the first time and waits for it. The caller handles a failure until then; later exits lead to a restart. */
  async start(service: Service): Promise<void> {
    const { name, logFile } = service;
    const process = await this.launch(service);
    await service.ready?.(process);
    const kept = {
      clear: () => this.end(name),
      start: () => this.launch(service),
      tell: (what: string) => warn(`${name} ${what}`),
      logFile,
      ...(this.pauses ? { pauses: this.pauses } : {}),
    };
    void keepRunning(process, kept, this.stopping.signal);
  }

  /** Runs a service that ends by itself, once, and resolves to how it ended. */
  async run(service: Service): Promise<string> {
    const reason = await (await this.launch(service)).ended;
    await this.end(service.name);
    return reason;
  }

  private async launch(service: Service): Promise<Stoppable> {
    this.stopping.signal.throwIfAborted();
    const attempt = this.attempt(service);
    this.starting.add(attempt);
    return attempt.finally(() => this.starting.delete(attempt));
  }

  private async attempt(service: Service): Promise<Stoppable> {
    const { name } = service;
    try {
      const process = await service.start(({ pid, identity }) => {
        this.children.add({ name, pid, identity });
        this.ledger.keep(this.children);
      });
      this.running.set(name, process);
      return process;
    } catch (error) {
      // The next attempt must not find it running.
      await this.end(name);
      throw error;
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
