/** 32 well-mixed bits of a number and a seed, the same on every machine: murmur3's finaliser (Appleby, 2008). */
export function mixed(value: number, seed: number): number {
  let bits = (value ^ Math.imul(seed, 0x9e3779b1)) >>> 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** From 0 to below 1. */
export const fraction = (value: number, seed: number): number => mixed(value, seed) / 2 ** 32;

/**
 * A rank from 0 to below `count`, with low ones more often: of `draws` draws the first rank gets about `draws * count ** (-1
 * / power)`. With a power of 3, 1 % of 15 M follows go to one of a million people.
 */
export function skewed(count: number, power: number, value: number, seed: number): number {
  // Two draws, since 32 bits are too few to tell a million ranks apart at the steep end.
  const drawn = (mixed(value, seed) + fraction(value, seed + 7_919)) / 2 ** 32;
  return Math.min(count - 1, Math.floor(count * drawn ** power));
}

/** A prime, so without a common divisor with any count here; times five million it is still exact as a double. */
const SCATTER = 1_500_450_271;

/** Maps ranks one to one to scattered places: the person who follows most does not have the most followers. */
export const scattered = (rank: number, count: number): number => (rank * SCATTER + 12_345) % count;

/** The set of pairs of numbers seen so far; open addressing over doubles, 16 bytes a pair. */
export class SeenPairs {
  private readonly slots: Float64Array;
  private readonly second: number;

  constructor(pairs: number, second: number) {
    this.slots = new Float64Array(2 ** Math.ceil(Math.log2(pairs * 1.5 + 16)));
    this.second = second;
  }

  /** Returns false when it was there already. */
  add(one: number, other: number): boolean {
    const key = one * this.second + other + 1;
    const mask = this.slots.length - 1;
    let slot = mixed(one, other) & mask;
    for (; this.slots[slot] !== 0; slot = (slot + 1) & mask) if (this.slots[slot] === key) return false;
    this.slots[slot] = key;
    return true;
  }
}

/** Distinct pairs in the order in which they occur. */
export interface Pairs {
  one: Uint32Array;
  other: Uint32Array;
  count: number;
}

/** Draws until there are `count` distinct pairs, with at most three times as many draws, a limit that tiny data may reach. */
export function drawPairs(
  count: number,
  others: number,
  draw: (step: number) => [one: number, other: number] | null,
): Pairs {
  const pairs = { one: new Uint32Array(count), other: new Uint32Array(count), count: 0 };
  const seen = new SeenPairs(count, others);
  for (let step = 0; pairs.count < count && step < count * 3; step += 1) {
    const drawn = draw(step);
    if (!drawn || !seen.add(...drawn)) continue;
    [pairs.one[pairs.count], pairs.other[pairs.count]] = drawn;
    pairs.count += 1;
  }
  return pairs;
}
