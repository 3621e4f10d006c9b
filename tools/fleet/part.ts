import { keepRunning } from '../dev/keep-running.ts';
import { endProcess, isAlive, signal, type Launched, type StopStep } from '../dev/processes.ts';
import { describe } from '../dev/say.ts';
import type { Place } from './plan.ts';

export type State = 'stopped' | 'starting' | 'up' | 'paused' | 'draining' | 'killed' | 'failed';

/** The differences between kinds of parts. */
export interface PartKind {
  launch(): Promise<Launched>;
  /** Settles when it serves; fails with a hint where to look. */
  ready?(process: Launched): Promise<void>;
  /** Takes it out of rotation, and waits until it receives no more requests. */
  leave?(): Promise<void>;
  /** Puts it back into rotation. */
  enter?(): Promise<void>;
  /** Processes that it started in sessions of their own, so that they outlive it: they are killed with it by order. */
  others?(): number[];
  /** The signals that stop it. */
  stop: StopStep[];
  logFile: string;
}

/** Called on every change; without `what` when only the process is new. */
type Tell = (part: Part, what?: string) => void;

/**
 * One process of the fleet, with its operations. A process that exits by itself is restarted; one that was killed by an order
 * stays dead until an order starts it, so that its absence can be observed.
 */
export class Part {
  state: State = 'stopped';
  since = Date.now();
  readonly place: Place;
  readonly kind: PartKind;
  process: Launched | undefined;
  private keeping = new AbortController();
  private readonly tell: Tell;

  constructor(place: Place, kind: PartKind, tell: Tell) {
    this.place = place;
    this.kind = kind;
    this.tell = tell;
  }

  get name(): string {
    return this.place.name;
  }

  private become(state: State, what?: string): void {
    this.state = state;
    this.since = Date.now();
    this.tell(this, what ?? state);
  }

  /** Starts or resumes it; does nothing when it is up. */
  async start(): Promise<void> {
    if (this.state === 'paused') return this.wake();
    if (this.state === 'up' || this.state === 'starting') return;
    this.keeping.abort();
    this.keeping = new AbortController();
    const { signal: ordered } = this.keeping;
    const kept = {
      clear: () => this.end(),
      start: () => this.launch(ordered),
      tell: (what: string) => this.become('failed', what.split('\n')[0]),
      logFile: this.kind.logFile,
    };
    const first = await this.launch(ordered).catch((error: unknown) => {
      if (!ordered.aborted) this.become('failed', `failed: ${describe(error).split('\n')[0]}`);
      throw error;
    });
    void keepRunning(first, kept, ordered);
  }

  /** Launches it, and waits until it serves. @throws also when another order came meanwhile */
  private async launch(ordered: AbortSignal): Promise<Launched> {
    this.become('starting');
    try {
      const process = await this.kind.launch();
      this.process = process;
      this.tell(this);
      await this.kind.ready?.(process);
      await this.kind.enter?.();
      ordered.throwIfAborted();
      this.become('up');
      return process;
    } catch (error) {
      await this.end();
      throw error;
    }
  }

  private wake(): void {
    if (this.process) signal(-this.process.pid, 'SIGCONT');
    this.become('up', 'woken');
  }

  /** kill -9, with its children. */
  async kill(): Promise<void> {
    this.keeping.abort();
    this.become('killed');
    await this.end();
    this.endOthers();
  }

  /** Suspends it, with its children: its sockets stay open, and nothing answers. */
  pause(): void {
    if (this.process) signal(-this.process.pid, 'SIGSTOP');
    this.become('paused');
  }

  /** Takes it out of rotation, lets it finish, and stops it. */
  async drain(): Promise<void> {
    this.keeping.abort();
    this.become('draining');
    await this.kind.leave?.();
    await this.stop();
  }

  /** Asks it to finish its current work and exit. */
  async stop(hurry?: AbortSignal): Promise<void> {
    this.keeping.abort();
    const { process } = this;
    this.process = undefined;
    if (process) {
      if (this.state === 'paused') signal(-process.pid, 'SIGCONT');
      this.become('draining', 'finishing');
      await endProcess(process, this.kind.stop, hurry);
      this.endOthers();
    }
    this.become('stopped');
  }

  private async end(): Promise<void> {
    const { process } = this;
    this.process = undefined;
    if (!process) return;
    signal(-process.pid, 'SIGKILL');
    await endProcess(process, []);
  }

  private endOthers(): void {
    for (const pid of this.kind.others?.() ?? []) signal(pid, 'SIGKILL');
  }

  /** Makes a running process reload its configuration. */
  reload(): void {
    if (this.process && isAlive(this.process)) signal(this.process.pid, 'SIGHUP');
  }
}
