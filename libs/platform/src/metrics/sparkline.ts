// Imports nothing: tools/, which Node runs without a compiler, reads this file too.

const bars = '▁▂▃▄▅▆▇█';

/** The last values of a figure as a line of bars; an unknown value is a gap. */
export function sparkline(values: readonly (number | null)[]): string {
  const most = Math.max(...values.map((value) => value ?? 0), Number.MIN_VALUE);
  return values
    .map((value) => (value === null ? ' ' : (bars[Math.min(7, Math.floor((value / most) * 7.99))] ?? '█')))
    .join('');
}
