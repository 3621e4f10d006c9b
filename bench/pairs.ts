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
    if (index % 2 === 0) {
      const first = await floor();
      pairs.push({ floor: first, ours: await ours() });
    } else {
      const first = await ours();
      pairs.push({ ours: first, floor: await floor() });
    }
  }
  return pairs;
}
