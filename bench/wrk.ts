import { spawn } from 'node:child_process';
import { ensureProgram } from '../scripts/system-packages.ts';

export interface Load {
  /** Requests a second. */
  rate: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
  failed: number;
}

const units: Record<string, number> = { us: 0.001, ms: 1, s: 1_000, m: 60_000 };

function latencyAt(output: string, percentile: number): number {
  const [, value = 'NaN', unit = ''] =
    new RegExp(`^\\s+${percentile}%\\s+([\\d.]+)(\\w+)`, 'm').exec(output) ?? [];
  return Number(value) * (units[unit] ?? Number.NaN);
}

function failuresOf(output: string): number {
  const answers = Number(/Non-2xx or 3xx responses: (\d+)/.exec(output)?.[1] ?? 0);
  const [, ...errors] =
    /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(output) ?? [];
  return errors.reduce((sum, count) => sum + Number(count), answers);
}

/** Drives one address with `wrk`: one thread, so that it takes one core at most. */
export async function wrk(
  url: string,
  options: { connections: number; seconds: number; headers?: Record<string, string> },
): Promise<Load> {
  const { connections, seconds, headers = {} } = options;
  const given = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', ...given, url];
  const child = spawn(ensureProgram('wrk', 'wrk'), args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const code = await new Promise<number | null>((settle, fail) => {
    child.once('error', fail);
    child.once('close', settle);
  });
  const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]);
  if (code !== 0 || !Number.isFinite(rate)) throw new Error(`wrk ended with ${code} and said:\n${output}`);
  return { rate, p50: latencyAt(output, 50), p99: latencyAt(output, 99), failed: failuresOf(output) };
}
