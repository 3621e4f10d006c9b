import { setTimeout as sleep } from 'node:timers/promises';
import type { Launched } from './processes.ts';
import { describe } from './say.ts';

const LONGEST_PAUSE = 30_000;
/** After a run of this length, the next exit counts as the first. */
const SOUND_RUN = 60_000;

interface Kept {
  /** Ends what a process that is gone left, or a worker's children would outlive it. */
  clear: () => Promise<void>;
  start: () => Promise<Launched>;
  tell: (what: string) => void;
  logFile: string;
  pauses?: (attempt: number) => number;
}

/**
 * Starts a program again whenever it ends by itself, until `signal` is aborted. It never gives up: what the program lacks,
 * such as disk space, may come back.
 */
export async function keepRunning(first: Launched, kept: Kept, signal: AbortSignal): Promise<void> {
  const { clear, start, tell, logFile, pauses = pauseBefore } = kept;
  let process: Launched | undefined = first;
  for (let attempt = 1; ; attempt += 1) {
    const begun = Date.now();
    const reason: string = process ? await process.ended : 'it did not start';
    if (signal.aborted) return;
    await clear();
    if (Date.now() - begun > SOUND_RUN) attempt = 1;
    const pause = pauses(attempt);
    const often = attempt > 1 ? `, for the ${ordinal(attempt)} time in a row` : '';
    tell(
      `ended unexpectedly (${reason})${often}; starting it again in ${pause / 1000} s. Its log: ${logFile}`,
    );
    try {
      await sleep(pause, undefined, { signal });
      process = await start();
    } catch (error) {
      if (signal.aborted) return;
      tell(`did not start: ${describe(error)}`);
      process = undefined;
    }
  }
}

/** Milliseconds before an attempt: starts at a quarter of a second, doubles each time, up to half a minute. */
export function pauseBefore(attempt: number): number {
  return Math.min(LONGEST_PAUSE, 250 * 2 ** Math.min(attempt - 1, 10));
}

function ordinal(count: number): string {
  const tens = Math.floor(count / 10) % 10;
  const suffix = tens === 1 ? undefined : ['th', 'st', 'nd', 'rd'][count % 10];
  return `${count}${suffix ?? 'th'}`;
}
