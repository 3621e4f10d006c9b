// Outlives the run that started it, and ends the run's remains: `reaper.ts FOLDER PID...`, the process numbers of the run:
// Vitest, the launcher, npm. It acts when one of them is gone, for any reason, or closes the pipe at the end of the run.
import { endRun } from '../harness/run-folder.ts';
import { identityOf, isAlive, signal } from '../../tools/dev/processes.ts';

const EVERY = 250;
const [folder = '', ...pids] = process.argv.slice(2);
const run = pids.map((pid) => ({ pid: Number(pid), identity: identityOf(Number(pid)) ?? 'gone' }));

// A terminal's or a service manager's signal is meant for the run; the reaper's work begins then.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => undefined);

function reap(): never {
  endRun(folder);
  process.exit(0);
}

process.stdin.resume().on('close', reap);
setInterval(() => {
  if (run.every(isAlive)) return;
  // A killed npm leaves Vitest behind, which would go on uselessly.
  for (const mark of run) if (isAlive(mark)) signal(mark.pid, 'SIGKILL');
  reap();
}, EVERY);
