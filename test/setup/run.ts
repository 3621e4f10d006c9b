import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { projectNode } from '../../tools/dev/install.mjs';
import { commandLineOf } from '../../tools/dev/processes.ts';
import { enterRun } from '../harness/env.js';
import { endAbandonedRuns, makeRunFolder } from '../harness/run-folder.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of this run. */
    run: string;
  }
}

/** Its parent and its session: fields 4 and 6, counted after the name, which may contain spaces. */
function placeOf(pid: number): { parent: number; session: string | undefined } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const [, parent, , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { parent: Number(parent), session };
}

/** This process, and its ancestors that exist only for it: the launcher, npm and its shell. */
function processesOfThisRun(): number[] {
  const found = [process.pid];
  const { session } = placeOf(process.pid);
  for (let pid = placeOf(process.pid).parent; pid > 1; pid = placeOf(pid).parent) {
    // A different session is another run, which tests this one.
    if (!/narwhal\.mjs|^npm |vitest/.test(commandLineOf(pid)) || placeOf(pid).session !== session) break;
    found.push(pid);
  }
  return found;
}

/** Processes started from here on end with this run, for any reason: a separate process, the reaper, ensures that. */
export async function beginRun(project: TestProject): Promise<{ folder: string; end: () => Promise<void> }> {
  endAbandonedRuns();
  const folder = makeRunFolder();
  const args = [join(import.meta.dirname, 'reaper.ts'), folder, ...processesOfThisRun().map(String)];
  const reaper = spawn(projectNode(), args, {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const ended = once(reaper, 'exit');
  await once(reaper, 'spawn');
  reaper.unref();
  const leaveRun = enterRun(folder);
  project.provide('run', folder);
  const end = async () => {
    leaveRun();
    reaper.ref();
    reaper.stdin.end();
    await ended;
  };
  return { folder, end };
}

/** For suites that need no servers of the run. */
export default async (project: TestProject): Promise<() => Promise<void>> => (await beginRun(project)).end;
