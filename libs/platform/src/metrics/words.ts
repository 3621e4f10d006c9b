import type { Levels, View } from './entry.js';

/** A unit: the value from which it is used, and its size in the smallest unit. */
type Step = readonly [from: number, size: number, name: string];

const steps = (value: number, units: readonly Step[]): string => {
  const [, size, name] = units.find(([from]) => Math.abs(value) >= from) ?? units.at(-1) ?? [0, 1, ''];
  const shown = value / size;
  const digits = Math.abs(shown) >= 100 || Number.isInteger(shown) ? 0 : Math.abs(shown) >= 10 ? 1 : 2;
  return `${Number(shown.toFixed(digits))}${name}`;
};

/** 90 seconds, 119 minutes and 47 hours say more than a fraction of the next unit. */
const seconds: readonly Step[] = [
  [2 * 86_400, 86_400, ' days'],
  [7_200, 3_600, ' h'],
  [120, 60, ' min'],
  [1, 1, ' s'],
  [0, 0.001, ' ms'],
];
const bytes: readonly Step[] = [
  [1e12, 1e12, ' TB'],
  [1e9, 1e9, ' GB'],
  [1e6, 1e6, ' MB'],
  [1e3, 1e3, ' kB'],
  [0, 1, ' B'],
];

/** A value in readable form: `4 min`, `1.2 GB`, `3.4 %`. */
export function inWords(value: number, unit: View['unit']): string {
  if (unit === 'seconds') return value === 0 ? '0 s' : steps(value, seconds);
  if (unit === 'bytes') return steps(value, bytes);
  if (unit === 'share') return steps(value * 100, [[0, 1, ' %']]);
  return steps(value, [
    [1e6, 1e6, ' million'],
    [0, 1, ''],
  ]);
}

/** The level that a value has reached. */
export function levelOf(value: number, { warning, critical, below }: Levels): 'critical' | 'warning' | null {
  const beyond = (level: number | undefined) =>
    level !== undefined && (below ? value < level : value > level);
  if (beyond(critical)) return 'critical';
  return beyond(warning) ? 'warning' : null;
}

/** A level's sentence with its `{…}` filled in. */
export function saysOf({ says }: Levels, fillings: Readonly<Record<string, string>>): string {
  return says.replace(/\{(\w+)\}/g, (_, name: string) => fillings[name] ?? name);
}

/** The file of an alert's runbook, from the root of the project. */
export const runbookOf = (alert: string): string => `docs/runbooks/${alert}.md`;
