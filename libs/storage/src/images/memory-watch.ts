import { readFileSync } from 'node:fs';

/** In this time a decoder can touch some 100 MB more; the limit is set with that in mind. */
const INTERVAL_MILLISECONDS = 50;

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
 * Says once when a process occupies more than it may. Polled: a limit by the kernel (RLIMIT_AS) would count what V8
 * only reserves, and cgroups need rights that the worker may not have.
 */
export class MemoryWatch {
  readonly #timer: NodeJS.Timeout;

  constructor(pid: number | undefined, limit: number, exceeded: () => void) {
    this.#timer = setInterval(() => {
      if (pid === undefined || (residentMemory(pid) ?? 0) <= limit) return;
      this.stop();
      exceeded();
    }, INTERVAL_MILLISECONDS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
