import { join } from 'node:path';

/** The only file of the tests that reads the environment. */
const source = process.env;

/** Set in the environment of every process that a run starts: the run's folder. */
export const RUN = 'NARWHAL_TEST_RUN';

/** How many times slower this machine was, when the run began, than the reference machine of the limits. */
export const PACE = 'NARWHAL_TEST_PACE';

export function paceOfThisRun(): number {
  return Number(source[PACE] ?? 1);
}

/** Marks the processes that this one starts with the run, and puts their temporary files into its folder; returns the undo function. */
export function enterRun(folder: string): () => void {
  const before = source.TMPDIR;
  source[RUN] = folder;
  source.TMPDIR = join(folder, 'tmp');
  // A run starts some hundreds of processes of the same build: they share the code that the first has compiled.
  source.NODE_COMPILE_CACHE = join(folder, 'compiled');
  return () => {
    delete source[RUN];
    delete source.NODE_COMPILE_CACHE;
    if (before === undefined) delete source.TMPDIR;
    else source.TMPDIR = before;
  };
}

/** The number of this Vitest worker, from 1. */
export function poolId(): number {
  return Number(source.VITEST_POOL_ID ?? 1);
}

/** `JOURNEY_PICTURES`: the folder for pictures of docs/accounts.md, where they are asked for. */
export const picturesFolder = (): string | undefined => source.JOURNEY_PICTURES;

/** `EDGE_RATE`: requests a second of `npm run test:edge`, for machines that cannot sustain 300. */
export function edgeRate(): number {
  return Number(source.EDGE_RATE ?? 300);
}

/** `MACHINE_SIZES=on`: `npm run test:machine` measures the capacity of a machine, and tests nothing. */
export function measuresSizes(): boolean {
  return source.MACHINE_SIZES === 'on';
}

/** `MACHINE_ROOT`: an existing root for `npm run test:machine`, which saves debootstrap's time when changing its tests. */
export function machineRoot(): string | undefined {
  return source.MACHINE_ROOT;
}

/** `MUNIN_DAY`: a folder for Munin's pictures of a day, which `npm run test:watch -- munin` then takes ten minutes to make. */
export function muninDay(): string | undefined {
  return source.MUNIN_DAY;
}

/** For child processes: the variables that programs need to run, without the caller's settings. */
export function bareEnvironment(): Record<string, string> {
  const names = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'NODE_COMPILE_CACHE', RUN];
  return Object.fromEntries(names.flatMap((name) => (source[name] ? [[name, source[name]]] : [])));
}

/** Marks a process whose environment is its own, so that it ends with this run, too. */
export const runMark = (): Record<string, string> => (source[RUN] ? { [RUN]: source[RUN] } : {});

/** How long histories run against the model, in seconds; `npm run test:model` takes longer than `npm test`. */
export function modelSeconds(): number {
  return Number(source.MODEL_SECONDS ?? 30);
}

/** `MODEL_SEED` replays the run that printed it; CI always uses the same histories, so that the change is to blame for a red run. */
export function modelSeed(): number {
  return Number(source.MODEL_SEED ?? (source.CI ? 20_261_122 : Date.now() & 0x7fffffff));
}

/** `FUZZ_SEED` repeats the requests of the run that printed it; CI always sends the same. */
export function fuzzSeed(): number {
  return Number(source.FUZZ_SEED ?? (source.CI ? 20_261_130 : Date.now() & 0x7fffffff));
}

/** `SYSTEM_HEIF=on`: uses the machine's own decoder of HEIC where it has one; otherwise tests run as if it had none. */
export function usesSystemHeif(): boolean {
  return source.SYSTEM_HEIF === 'on';
}

/** `RELATION_RACES`: how often each pair of concurrent acts between two people runs; `npm run test:model` says 200. */
export function relationRaces(): number {
  return Number(source.RELATION_RACES ?? 2);
}
