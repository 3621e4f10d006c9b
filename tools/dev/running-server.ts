import type { ProcessMark } from './processes.ts';

/** A server that was started here, and how to stop it. */
export interface RunningServer extends ProcessMark {
  url: string;
  port: number;
  /** Settles when the process has ended, for any reason. */
  ended: Promise<string>;
  /** Asks it to shut down cleanly, and waits; shorter once `hurry` is aborted. */
  stop(hurry?: AbortSignal): Promise<void>;
  /** kill -9, as fault tests do. Starting again on the same folder and port brings it back. */
  kill(): Promise<void>;
}
