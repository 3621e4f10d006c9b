import { join } from 'node:path';

/** The one place of the tests that reads the environment. */
const source = process.env;

/** In the environment of everything that a run starts: the run's folder. */
export const RUN = 'NARWHAL_TEST_RUN';

/** How many times slower this machine was, when the run began, than the one that limits are written for. */
export const PACE = 'NARWHAL_TEST_PACE';

export function paceOfThisRun(): number {
  return Number(source[PACE] ?? 1);
}

/** What this process starts from here on bears the run's mark, and has its temporary files in the run's folder; answers the way back. */
export function enterRun(folder: string): () => void {
  const before = source.TMPDIR;
  source[RUN] = folder;
  source.TMPDIR = join(folder, 'tmp');
  // A run starts some hundreds of processes of the same build: what the first has compiled, the others need not.
  source.NODE_COMPILE_CACHE = join(folder, 'compiled');
  return () => {
    delete source[RUN];
    delete source.NODE_COMPILE_CACHE;
    if (before === undefined) delete source.TMPDIR;
    else source.TMPDIR = before;
  };
}

/** Which of Vitest's parallel workers this is, from 1. */
export function poolId(): number {
  return Number(source.VITEST_POOL_ID ?? 1);
}

/** `EDGE_RATE`: requests a second of `npm run test:edge`, for machines on which 300 are too many. */
export function edgeRate(): number {
  return Number(source.EDGE_RATE ?? 300);
}

/** `MACHINE_SIZES=on`: `npm run test:machine` measures what a machine carries, and tests nothing. */
export function measuresSizes(): boolean {
  return source.MACHINE_SIZES === 'on';
}

/** `MACHINE_ROOT`: a root that `npm run test:machine` takes as it is, for whoever changes its tests and would wait for debootstrap. */
export function machineRoot(): string | undefined {
  return source.MACHINE_ROOT;
}

/** For child processes: what programs need to run, and none of the settings of whoever runs the tests. */
export function bareEnvironment(): Record<string, string> {
  const names = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'NODE_COMPILE_CACHE', RUN];
  return Object.fromEntries(names.flatMap((name) => (source[name] ? [[name, source[name]]] : [])));
}

/** For how long histories are played against the model, in seconds; `npm run test:model` takes longer than `npm test`. */
export function modelSeconds(): number {
  return Number(source.MODEL_SECONDS ?? 30);
}

/** `MODEL_SEED` plays what an earlier run printed; in CI the same histories each time, so that a red run is of the change. */
export function modelSeed(): number {
  return Number(source.MODEL_SEED ?? (source.CI ? 20_261_122 : Date.now() & 0x7fffffff));
}

/** `SYSTEM_HEIF=on`: the machine's own decoder of HEIC is used where it has one; else tests run as if it had none. */
export function usesSystemHeif(): boolean {
  return source.SYSTEM_HEIF === 'on';
}

/** `RELATION_RACES`: how often each two things that people do to each other meet; `npm run test:model` says 200. */
export function relationRaces(): number {
  return Number(source.RELATION_RACES ?? 2);
}
