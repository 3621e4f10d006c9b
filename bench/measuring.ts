import { readFileSync, readdirSync } from 'node:fs';
import { get, type Agent } from 'node:http';

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

export interface Pair<Result> {
  ours: Result;
  floor: Result;
}

/**
 * Measures both sides alternately, each first in every other pair, so that other load on the machine, and its warmth, affects
 * both.
 */
export async function interleavedPairs<Result>(
  count: number,
  ours: () => Promise<Result>,
  floor: () => Promise<Result>,
): Promise<Pair<Result>[]> {
  const pairs: Pair<Result>[] = [];
  for (let index = 0; index < count; index += 1) {
    const before = index % 2 === 0 ? await floor() : undefined;
    const mine = await ours();
    pairs.push({ ours: mine, floor: before ?? (await floor()) });
  }
  return pairs;
}

export const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? NaN;

/** The milliseconds of one request. */
export function timedGet(
  agent: Agent,
  url: string,
  headers: Record<string, string>,
  statuses: readonly number[] = [200],
): Promise<number> {
  const begun = performance.now();
  return new Promise((settle, fail) => {
    get(url, { agent, headers }, (response) => {
      response.resume();
      response.on('end', () => {
        if (statuses.includes(response.statusCode ?? 0)) settle(performance.now() - begun);
        else fail(new Error(`GET ${url}: ${response.statusCode}`));
      });
    }).on('error', fail);
  });
}

/**
 * CPU time that processes have used so far, in milliseconds; summed over threads, because only those are counted in nanoseconds. A
 * thread that has ended is not in it, so that a sample in which one ends is too low: medians pass over it.
 */
export function cpuOf(pids: readonly number[]): number {
  const threads = pids.flatMap((pid) =>
    readdirSync(`/proc/${pid}/task`).map((id) => `/proc/${pid}/task/${id}`),
  );
  return threads.reduce((sum, thread) => sum + cpuOfThread(thread), 0) / 1e6;
}

function cpuOfThread(thread: string): number {
  try {
    return Number(readFileSync(`${thread}/schedstat`, 'latin1').split(' ')[0]);
  } catch {
    return 0;
  }
}

/** The resident memory of a process in bytes: now, or at its peak; 0 once it is gone. */
export function residentOf(pid: number | 'self', field: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]) * 1_024;
  } catch {
    return 0;
  }
}

/** Aligned columns: the first to the left, the rest to the right. */
export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  for (const row of all) {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return column === 0 ? cell.padEnd(width) : cell.padStart(width);
    });
    console.log(cells.join('  '));
  }
}

export const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
