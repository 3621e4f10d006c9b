import { closeSync, openSync, readdirSync, readSync } from 'node:fs';

/** In this time a decoder can touch some 100 MB more; the limit allows for that. In milliseconds. */
const OFTEN = 50;

/** Which processes there are is asked at every so many looks, since each thread has to be asked: a new one is seen within 0.3 s. */
const TREE_EVERY = 6;

/** Ticks per second of the kernel's clock; the same on every Linux that Node runs on (USER_HZ). */
const TICKS = 100;

/** The wall's two processes, Node, and the machine's HEIC decoder with the shell that limits it. More is an attack. */
const MOST_PROCESSES = 8;

const room = Buffer.alloc(8_192);

/** A file of /proc, in one read; empty without /proc, or when the process has ended. */
function proc(path: string): string {
  let file: number | undefined;
  try {
    file = openSync(`/proc/${path}`, 'r');
    return room.toString('latin1', 0, readSync(file, room, 0, room.length, 0));
  } catch {
    return '';
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    // It has ended.
    return [];
  }
}

/** The children of a process, whichever of its threads made them; empty on kernels that do not list them. */
function childrenOf(pid: number): number[] {
  const lists = threadsOf(pid).map((thread) => proc(`${pid}/task/${thread}/children`));
  return lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
}

/** A process and everything that came from it: in the wall's own namespace nothing can leave this tree. */
export function processTree(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(processTree)];
}

/** Resident bytes. */
export function memoryOf(pids: readonly number[]): number {
  const kibibytes = pids.map((pid) => Number(/^VmRSS:\s+(\d+) kB$/m.exec(proc(`${pid}/status`))?.[1] ?? 0));
  return kibibytes.reduce((sum, each) => sum + each, 0) * 1_024;
}

/** CPU seconds, also of ended children. Time during which the machine is paused or busy with other work does not count. */
function secondsOf(pids: readonly number[]): number {
  const times = pids.flatMap((pid) => {
    const stat = proc(`${pid}/stat`);
    // After the program's name, which may hold any character, come the fields from the third on: 14 to 17 are times.
    return stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 15);
  });
  return times.reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS;
}

/** A child's processes: those of the wall stand before `pid`, which opens photos; what it leaves behind comes after it. */
export interface Watched {
  root: number;
  pid: number;
}

interface Limits {
  /** Bytes. */
  memory: number;
  /** Of CPU time, since the watch began. */
  seconds: number;
}

/**
 * Reports once when a child, with all that came from it, exceeds a limit. Polled: kernel limits would count what V8 only
 * reserves (RLIMIT_AS) and all photos of a child's life (RLIMIT_CPU), and cgroups need rights that the worker may not have.
 */
export class ChildWatch {
  readonly #timer: NodeJS.Timeout;
  #looks = 0;
  #tree: number[] = [];
  #begun = 0;

  constructor(
    private readonly child: Watched,
    private readonly limits: Limits,
    private readonly exceeded: (what: keyof Limits | 'processes') => void,
    interval = OFTEN,
  ) {
    this.#lookForProcesses();
    this.#begun = secondsOf(this.#own);
    this.#timer = setInterval(() => {
      const what = this.#look();
      if (!what) return;
      this.stop();
      this.exceeded(what);
    }, interval);
  }

  get #own(): number[] {
    return this.#tree.slice(Math.max(0, this.#tree.indexOf(this.child.pid)));
  }

  #lookForProcesses(): void {
    this.#tree = processTree(this.child.root);
  }

  #look(): keyof Limits | 'processes' | null {
    this.#looks += 1;
    if (this.#looks % TREE_EVERY === 0) this.#lookForProcesses();
    if (this.#tree.length > MOST_PROCESSES) return 'processes';
    if (secondsOf(this.#own) - this.#begun > this.limits.seconds) return 'seconds';
    return memoryOf(this.#own) > this.limits.memory ? 'memory' : null;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
