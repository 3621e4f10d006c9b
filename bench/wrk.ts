import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureProgram } from '../tools/dev/system-packages.ts';

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

/** A person's request, as wrk's Lua makes it. */
function requestOf(headers: Record<string, string>): string {
  const pairs = Object.entries(headers).map(([name, value]) => `['${name}'] = '${value}'`);
  return `made[#made + 1] = wrk.format('GET', nil, {${pairs.join(', ')}})`;
}

/** For wrk: the requests of several people in turn, built once. */
const script = (people: readonly Record<string, string>[]): string => `
local made, turn = {}, 0
function init()
${people.map(requestOf).join('\n')}
end
function request()
  turn = turn % #made + 1
  return made[turn]
end
`;

/**
 * Drives one address with `wrk`: one thread, so that it takes one core at most. `people`: the headers of the callers, in
 * turn; the floor gets as many, or wrk would have less to do there.
 */
export async function wrk(
  url: string,
  options: { connections: number; seconds: number; people: readonly Record<string, string>[] },
): Promise<Load> {
  const { connections, seconds, people } = options;
  const folder = mkdtempSync(join(tmpdir(), 'narwhal-wrk-'));
  try {
    const file = join(folder, 'people.lua');
    writeFileSync(file, script(people), { mode: 0o600 });
    return await drive(['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-s', file, url]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs `wrk` to its end. */
export async function drive(args: string[]): Promise<Load> {
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
