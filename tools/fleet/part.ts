import { setTimeout as sleep } from 'node:timers/promises';
import { endProcess, isAlive, signal, type ProcessMark, type StopStep } from '../dev/processes.ts';
import { describe } from '../dev/say.ts';
import type { Place } from './plan.ts';

export type State = 'stopped' | 'starting' | 'up' | 'paused' | 'draining' | 'killed' | 'failed';

export interface Process extends ProcessMark {
  ended: Promise<string>;
}

/** What differs between kinds of parts. */
export interface PartKind {
  launch(): Promise<Process>;
  /** Settles when it serves; fails with a hint where to look. */
  ready?(process: Process): Promise<void>;
  /** Takes it out of rotation, and waits until it receives no more requests. */
  leave?(): Promise<void>;
  /** Puts it back into rotation. */
  enter?(): Promise<void>;
  /** The signals that stop it. */
  stop: StopStep[];
  logFile: string;
}

/** Called on every change; without `what` when only the process is new. */
type Tell = (part: Part, what?: string) => void;

/** After a run of this length, the next unexpected exit counts as the first. In milliseconds. */
const SOUND_RUN = 60_000;
const LONGEST_PAUSE = 15_000;

/**
 * One process of the fleet, with its operations. A process that exits by itself is restarted; one that was killed by an order
 * stays dead until an order starts it, so that its absence can be observed.
 */
export class Part {
  state: State = 'stopped';
  since = Date.now();
  readonly place: Place;
  readonly kind: PartKind;
  private process: Process | undefined;
  private faults = 0;
  private readonly tell: Tell;

  constructor(place: Place, kind: PartKind, tell: Tell) {
    this.place = place;
    this.kind = kind;
    this.tell = tell;
  }

  get name(): string {
    return this.place.name;
  }

  get pid(): number | undefined {
    return this.process?.pid;
  }

  get mark(): ProcessMark | undefined {
    return this.process;
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
    this.become('starting');
    try {
      const process = await this.kind.launch();
      this.process = process;
      this.tell(this);
      void process.ended.then((reason) => this.ended(process, reason));
      await this.kind.ready?.(process);
      await this.kind.enter?.();
    } catch (error) {
      await this.end();
      this.become('failed', `failed: ${describe(error).split('\n')[0]}`);
      throw error;
    }
    this.become('up');
  }

  private async ended(process: Process, reason: string): Promise<void> {
    if (this.process !== process || !['up', 'paused'].includes(this.state)) return;
    const ran = Date.now() - this.since;
    this.faults = ran > SOUND_RUN ? 1 : this.faults + 1;
    const pause = Math.min(LONGEST_PAUSE, 500 * 2 ** (this.faults - 1));
    await endProcess(process, []);
    this.become(
      'failed',
      `ended by itself (${reason}); starts again in ${pause / 1000} s; its log: ${this.kind.logFile}`,
    );
    await sleep(pause);
    if (this.state !== 'failed') return;
    await this.start().catch(() => undefined);
  }

  private wake(): void {
    if (this.process) signal(-this.process.pid, 'SIGCONT');
    this.become('up', 'woken');
  }

  /** kill -9, with its children. */
  async kill(): Promise<void> {
    this.become('killed');
    await this.end();
  }

  /** Suspends it, with its children: its sockets stay open, and nothing answers. */
  pause(): void {
    if (this.process) signal(-this.process.pid, 'SIGSTOP');
    this.become('paused');
  }

  /** Takes it out of rotation, lets it finish, and stops it. */
  async drain(): Promise<void> {
    this.become('draining');
    await this.kind.leave?.();
    await this.stop();
  }

  /** Asks it to finish its current work and exit. */
  async stop(hurry?: AbortSignal): Promise<void> {
    const { process } = this;
    this.process = undefined;
    if (process) {
      if (this.state === 'paused') signal(-process.pid, 'SIGCONT');
      this.become('draining', 'finishing');
      await endProcess(process, this.kind.stop, hurry);
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

  /** Makes a running process reload its configuration. */
  reload(): void {
    if (this.process && isAlive(this.process)) signal(this.process.pid, 'SIGHUP');
  }
}

/** Checks every 50 ms until it holds; fails when the process ends, or after `patience` milliseconds. */
export async function untilServing(
  process: Process,
  holds: () => Promise<boolean>,
  fault: (why: string) => Error,
  patience = 60_000,
): Promise<void> {
  let ended: string | undefined;
  void process.ended.then((reason) => (ended = reason));
  for (const deadline = Date.now() + patience; !(await holds()); await sleep(50)) {
    if (ended !== undefined) throw fault(`ended (${ended})`);
    if (Date.now() > deadline) throw fault(`does not serve after ${patience / 1000} s`);
  }
}

export async function answersOk(url: string, patience = 1_000): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(patience) });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}
