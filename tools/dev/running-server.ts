import type { ProcessMark } from './processes.ts';

/** A server that was started here, and how to end it. */
export interface RunningServer extends ProcessMark {
  url: string;
  port: number;
  /** Settles when the process has ended, however it did. */
  ended: Promise<string>;
  /** Asks it to finish in order, and waits; shorter once `hurry` is aborted. */
  stop(hurry?: AbortSignal): Promise<void>;
  /** kill -9: what tests of faults do. Starting again on the same folder and port brings it back. */
  kill(): Promise<void>;
}
