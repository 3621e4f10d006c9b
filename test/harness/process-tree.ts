import { readdirSync, readFileSync } from 'node:fs';
import { signal } from '../../tools/dev/processes.ts';

/** The parent of a process; 0 when it is gone. The program's name in stat may contain spaces, so fields are counted after it. */
function parentOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return 0;
  }
}

/** All descendants of a process: PostgreSQL's backends do not share its process group. */
export function descendantsOf(pid: number): number[] {
  const all = readdirSync('/proc').map(Number).filter(Number.isInteger);
  const parents = all.map((one) => [one, parentOf(one)] as const);
  const below = (parent: number): number[] =>
    parents.flatMap(([one, of]) => (of === parent ? [one, ...below(one)] : []));
  return below(pid);
}

/** Suspends processes; `thaw` resumes them. */
export function freeze(pids: readonly number[]): { thaw: () => void } {
  for (const pid of pids) signal(pid, 'SIGSTOP');
  return {
    thaw: () => {
      for (const pid of pids) signal(pid, 'SIGCONT');
    },
  };
}
