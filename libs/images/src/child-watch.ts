import { readFileSync } from 'node:fs';

/** In this time a decoder can touch some 100 MB more; the limit allows for that. */
const INTERVAL_MILLISECONDS = 50;

/** Ticks per second of the kernel's clock; the same on every Linux that Node runs on (USER_HZ). */
const TICKS = 100;

/** The children of a process; empty on kernels that do not list them. */
function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1');
    return text.split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** A process's resident memory, in bytes; null without /proc, or without such a process. */
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
 * CPU seconds of a process and its children; null without /proc, or without such a process. Time during which the machine is
 * paused or busy with other work does not count.
 */
export function processorSeconds(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // After the program's name, which may hold any character, come the fields from the third on: 14 to 17 are times.
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
 * Reports once when a process exceeds a limit: memory as it is, time since the watch began. Polled: kernel limits would count
 * what V8 only reserves (RLIMIT_AS) and all photos of a child's life (RLIMIT_CPU), and cgroups need rights that the worker may
 * not have.
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
