import type { Levels, View } from './entry.js';

const steps = (value: number, units: readonly (readonly [number, string])[]): string => {
  const [size, name] = units.find(([from]) => Math.abs(value) >= from) ?? units.at(-1) ?? [1, ''];
  const shown = value / (size || 1);
  const digits = Math.abs(shown) >= 100 || Number.isInteger(shown) ? 0 : Math.abs(shown) >= 10 ? 1 : 2;
  return `${Number(shown.toFixed(digits))}${name}`;
};

const seconds = [
  [2 * 86_400, ' days'],
  [7_200, ' h'],
  [120, ' min'],
  [1, ' s'],
  [0.001, ' ms'],
] as const;
const bytes = [
  [1e12, ' TB'],
  [1e9, ' GB'],
  [1e6, ' MB'],
  [1e3, ' kB'],
  [1, ' B'],
] as const;

/** A value as people read it: `4 min`, `1.2 GB`, `3.4 %`. */
export function inWords(value: number, unit: View['unit']): string {
  if (unit === 'seconds') return value === 0 ? '0 s' : steps(value, seconds);
  if (unit === 'bytes') return steps(value, bytes);
  if (unit === 'share') return steps(value * 100, [[0, ' %']]);
  return steps(value, [
    [1e6, ' million'],
    [0, ''],
  ]);
}

/** Which level a value has reached. */
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
