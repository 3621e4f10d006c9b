import { readdirSync, readFileSync } from 'node:fs';
import { signal } from '../../tools/dev/processes.ts';

/** The parent of a process; 0 when it is gone. The program's name in stat may hold spaces, so fields are counted after it. */
function parentOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return 0;
  }
}

/** The children of a process, and theirs: PostgreSQL's backends are in no group of its own. */
export function descendantsOf(pid: number): number[] {
  const all = readdirSync('/proc').map(Number).filter(Number.isInteger);
  const parents = all.map((one) => [one, parentOf(one)] as const);
  const below = (parent: number): number[] =>
    parents.flatMap(([one, of]) => (of === parent ? [one, ...below(one)] : []));
  return below(pid);
}

/** Stops processes where they are; `thaw` lets the same ones go on. */
export function freeze(pids: readonly number[]): { thaw: () => void } {
  for (const pid of pids) signal(pid, 'SIGSTOP');
  return {
    thaw: () => {
      for (const pid of pids) signal(pid, 'SIGCONT');
    },
  };
}
