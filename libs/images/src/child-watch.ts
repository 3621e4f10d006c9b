import { readFileSync } from 'node:fs';

/** In this time a decoder can touch some 100 MB more; the limit is set with that in mind. */
const INTERVAL_MILLISECONDS = 50;

/** Of the kernel's clock, a second; the same on every Linux that Node runs on (USER_HZ). */
const TICKS = 100;

/** What a process has started; nothing on kernels that do not tell. */
function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1');
    return text.split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** What a process occupies, in bytes; null where there is no /proc, or no such process. */
export function residentMemory(pid: number): number | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
    return kibibytes ? Number(kibibytes) * 1_024 : null;
  } catch {
    return null;
  }
}

/**
 * Seconds of the processors' time that a process has taken, with those that it started; null where there is no /proc, or no
 * such process. What a machine that is paused or busy with others adds to the clock is not in it.
 */
export function processorSeconds(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // After the program's name, which may hold anything, come the fields from the third on: 14 to 17 are times.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const own = fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS;
    return childrenOf(pid).reduce((sum, child) => sum + (processorSeconds(child) ?? 0), own);
  } catch {
    return null;
  }
}

export interface Limit {
  what: typeof residentMemory;
  most: number;
  exceeded(): void;
}

/**
 * Says once when a process has more of something than it may: memory as it is, time since the watch began. Polled: limits by
 * the kernel would count what V8 only reserves (RLIMIT_AS) and all photos of a child's life (RLIMIT_CPU), and cgroups need
 * rights that the worker may not have.
 */
export class ChildWatch {
  readonly #timer: NodeJS.Timeout;

  constructor(pid: number | undefined, limits: readonly Limit[]) {
    const begun = pid === undefined ? 0 : (processorSeconds(pid) ?? 0);
    this.#timer = setInterval(() => {
      if (pid === undefined) return;
      const passed = limits.find(({ what, most }) => {
        const value = what(pid) ?? 0;
        return (what === processorSeconds ? value - begun : value) > most;
      });
      if (!passed) return;
      this.stop();
      passed.exceeded();
    }, INTERVAL_MILLISECONDS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
