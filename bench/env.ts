/** The only file of the benchmarks that reads the environment. */
const source = process.env;

/** For child processes: the variables that programs need to run, without the caller's settings. */
export function bareEnvironment(settings: Record<string, string> = {}): Record<string, string> {
  const names = ['PATH', 'HOME', 'LANG', 'TMPDIR'];
  const kept = Object.fromEntries(names.flatMap((name) => (source[name] ? [[name, source[name]]] : [])));
  return { ...kept, ...settings };
}

/** `BENCH_PROFILE=<folder>`: the measured process writes a CPU profile there when it ends. */
export function profileFolder(): string | undefined {
  return source.BENCH_PROFILE;
}
