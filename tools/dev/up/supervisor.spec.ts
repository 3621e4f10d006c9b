import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pauseBefore } from '../keep-running.ts';
import { endProcess, isAlive, launch, signal, type Launched, type Stoppable } from '../processes.ts';
import { upLedger } from './services.ts';
import { Supervisor, type Service } from './supervisor.ts';

let folder: string;
let supervisor: Supervisor;
let launchedAll: Launched[];
const calm = new AbortController().signal;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'narwhal-supervisor-'));
  launchedAll = [];
  const ledger = upLedger(folder, 'http://127.0.0.1:3000');
  await ledger.take();
  supervisor = new Supervisor(ledger, () => 1);
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(async () => {
  await supervisor.stopAll(calm);
  for (const one of launchedAll) await endProcess(one, []);
  rmSync(folder, { recursive: true, force: true });
  vi.restoreAllMocks();
});

/** A worker that only sleeps; `after` may fail once the process runs. */
function service(
  after: (process: Launched) => Promise<void> | void,
  logFile = join(folder, 'worker.log'),
): Service {
  return {
    name: 'worker',
    logFile,
    async start(launched): Promise<Stoppable> {
      const process = await launch({
        command: 'sleep',
        args: ['600'],
        logFile,
        launched: (one) => {
          launchedAll.push(one);
          launched(one);
        },
      });
      await after(process);
      return { ...process, stop: (hurry) => endProcess(process, [], hurry) };
    },
  };
}

const alive = () => launchedAll.filter(isAlive);
const last = (): Launched => launchedAll.at(-1) ?? expect.fail('nothing was launched');

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(5);
}

describe('the supervisor', () => {
  it('never gives up: after twenty deaths and failed starts in a row, one process runs', async () => {
    let attempts = 0;
    const flaky = service((process) => {
      attempts += 1;
      if (attempts > 1 && attempts < 12) throw new Error('no room on the disk');
      if (attempts < 22) signal(process.pid, 'SIGKILL');
    });
    await supervisor.start(flaky);
    await until(() => attempts === 22 && alive().length === 1);
    expect(alive()).toEqual([last()]);
  });

  it('says how often, and how long it waits', async () => {
    const said = vi.mocked(process.stderr.write).mock.calls;
    await supervisor.start(service(() => undefined));
    for (const count of [1, 2]) {
      signal(last().pid, 'SIGKILL');
      await until(() => launchedAll.length === count + 1);
    }
    await until(() => said.length >= 2);
    expect(String(said[1]?.[0])).toMatch(
      /^worker ended unexpectedly \(signal SIGKILL\), for the 2nd time in a row;/,
    );
    expect([1, 2, 3, 8, 9, 1_000].map(pauseBefore)).toEqual([250, 500, 1_000, 30_000, 30_000, 30_000]);
  });

  it('leaves no process of a start that failed', async () => {
    const failing = service(() => Promise.reject(new Error('it refuses the password')));
    await expect(supervisor.start(failing)).rejects.toThrow('it refuses the password');
    expect([launchedAll.length, alive()]).toEqual([1, []]);
  });

  it('stops also what is only starting', async () => {
    const started = supervisor.start(
      service((process) => process.ended.then(() => Promise.reject(new Error('ended')))),
    );
    const failed = started.then(
      () => 'started',
      (error: unknown) => String(error),
    );
    await until(() => launchedAll.length === 1);
    await supervisor.stopAll(calm);
    expect(await failed).toBe('Error: ended');
    expect(alive()).toEqual([]);
  });

  it('keeps a child whose number cannot be written down, and ends it', async () => {
    // Simulates a full disk: the process runs, and writing its note fails.
    rmSync(folder, { recursive: true });
    await supervisor.start(service(() => undefined, '/dev/null'));
    expect(alive().length).toBe(1);
    await supervisor.stopAll(calm);
    expect(alive()).toEqual([]);
  });

  it('has each child in the ledger before it serves', async () => {
    let noted: unknown;
    await supervisor.start(
      service(() => {
        noted = JSON.parse(readFileSync(join(folder, 'up.json'), 'utf8'));
      }),
    );
    const { pid, identity } = last();
    expect(noted).toMatchObject({ children: [{ name: 'worker', pid, identity }] });
  });
});
