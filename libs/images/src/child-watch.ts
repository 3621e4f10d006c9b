import { readdirSync, readFileSync } from 'node:fs';

/** In this time a decoder can touch some 100 MB more; the limit allows for that. In milliseconds. */
const OFTEN = 50;

/** Every so many looks it is asked again which processes there are, which takes as long as four looks at those known. */
const TREE_EVERY = 4;

/** Ticks per second of the kernel's clock; the same on every Linux that Node runs on (USER_HZ). */
const TICKS = 100;

/** The wall's two processes, Node, and the machine's HEIC decoder with the shell that limits it. More is an attack. */
const MOST_PROCESSES = 8;

/** Processes and threads end while they are read. */
function orElse<Result>(absent: Result, read: () => Result): Result {
  try {
    return read();
  } catch {
    return absent;
  }
}

/** The children of a process, whichever of its threads made them; empty on kernels that do not list them. */
function childrenOf(pid: number): number[] {
  const threads = orElse([], () => readdirSync(`/proc/${pid}/task`));
  // Each by itself: a thread that has just ended must not hide what the others made.
  const lists = threads.map((thread) =>
    orElse('', () => readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1')),
  );
  return lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
}

/** A process and everything that came from it: in the wall's own namespace nothing can leave this tree. */
export function processTree(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(processTree)];
}

interface Usage {
  /** Resident bytes. */
  memory: number;
  /** Of CPU, also that of ended children. Time during which the machine is paused or busy otherwise does not count. */
  seconds: number;
  processes: number;
}

function usageOfOne(pid: number): Omit<Usage, 'processes'> {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // After the program's name, which may hold any character, come the fields from the third on: 14 to 17 are times.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const seconds = fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS;
    const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return { memory: Number(kibibytes ?? 0) * 1_024, seconds };
  } catch {
    // Without /proc, or without such a process.
    return { memory: 0, seconds: 0 };
  }
}

/** What a child uses, with all that came from it. */
export function usageOf(pid: number, tree = processTree(pid)): Usage {
  const sum = { memory: 0, seconds: 0, processes: tree.length };
  for (const { memory, seconds } of tree.map(usageOfOne)) {
    sum.memory += memory;
    sum.seconds += seconds;
  }
  return sum;
}

export interface Limit {
  what: keyof Usage;
  most: number;
  exceeded(): void;
}

/**
 * Reports once when a child exceeds a limit: memory and processes as they are, time since the watch began. Polled: kernel
 * limits would count what V8 only reserves (RLIMIT_AS) and all photos of a child's life (RLIMIT_CPU), and cgroups need rights
 * that the worker may not have.
 */
export class ChildWatch {
  readonly #timer: NodeJS.Timeout;

  constructor(pid: number, limits: readonly Limit[], processes: () => void, interval = OFTEN) {
    const begun = usageOf(pid).seconds;
    const all: Limit[] = [...limits, { what: 'processes', most: MOST_PROCESSES, exceeded: processes }];
    let [looks, tree] = [0, processTree(pid)];
    this.#timer = setInterval(() => {
      if ((looks += 1) % TREE_EVERY === 0) tree = processTree(pid);
      const usage = usageOf(pid, tree);
      usage.seconds -= begun;
      const passed = all.find(({ what, most }) => usage[what] > most);
      if (!passed) return;
      this.stop();
      passed.exceeded();
    }, interval);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
