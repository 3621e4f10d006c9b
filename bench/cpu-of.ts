import { readFileSync, readdirSync } from 'node:fs';

/** CPU time that processes have used so far, in milliseconds; summed over threads, because only those are counted in nanoseconds. */
export function cpuOf(pids: readonly number[]): number {
  const threads = pids.flatMap((pid) =>
    readdirSync(`/proc/${pid}/task`).map((id) => `/proc/${pid}/task/${id}`),
  );
  const times = threads.map((thread) => Number(readFileSync(`${thread}/schedstat`, 'latin1').split(' ')[0]));
  return times.reduce((sum, time) => sum + time, 0) / 1e6;
}
