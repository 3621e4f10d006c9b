import { setTimeout as sleep } from 'node:timers/promises';
import { lastLines } from './logs.ts';
import type { Launched } from './processes.ts';
import { Refusal } from './say.ts';

/** Names a process in faults, with its log; by default a fault is a refusal that shows the log's end. */
export const faultOf = (name: string, logFile: string) => (why: string) =>
  new Refusal(`${name} ${why}; the end of ${logFile}:\n${lastLines(logFile)}`);

/** Checks every 50 ms until it holds; fails when the process ends, or after `patience` milliseconds. */
export async function untilServing(
  process: Pick<Launched, 'ended'>,
  holds: () => Promise<boolean>,
  fault: (why: string) => Error,
  patience = 60_000,
): Promise<void> {
  let ended: string | undefined;
  void process.ended.then((reason) => (ended = reason));
  for (const deadline = Date.now() + patience; !(await holds()); await sleep(50)) {
    if (ended !== undefined) throw fault(`ended (${ended})`);
    if (Date.now() > deadline) throw fault(`does not serve after ${patience / 1000} s`);
  }
}

export async function answersOk(url: string, patience = 1_000): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(patience) });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}
