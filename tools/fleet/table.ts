import { sparkline } from '../../libs/platform/src/metrics/sparkline.ts';
import type { Fleet } from './fleet.ts';
import { addressOf } from './plan.ts';
import type { Pulse } from './pulse.ts';
import type { Watch } from './watch.ts';

/** One line of the table, also as JSON for programs. */
export interface Row {
  part: string;
  address: string;
  process: number | null;
  state: string;
  rotation: string;
  seconds: number;
  /** Recent requests or jobs per second, the newest last; null where it did not answer. */
  rates: readonly (number | null)[];
}

export function rowsOf(fleet: Fleet, watch: Watch, pulse: Pulse): Row[] {
  return fleet.parts.map((part) => ({
    part: part.name,
    address: addressOf(part.place),
    process: part.process?.pid ?? null,
    state: part.state,
    rotation: watch.of(part.name),
    seconds: Math.round((Date.now() - part.since) / 1_000),
    rates: pulse.of(part.name),
  }));
}

function age(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}

/** Requests or jobs per second now, and recently. */
function pulseOf({ rates }: Row): string {
  if (rates.length === 0) return '';
  const now = rates.at(-1) ?? null;
  const shown = now === null ? '-' : now < 10 ? now.toFixed(1) : now.toFixed(0);
  return `${shown.padStart(5)} ${sparkline(rates)}`;
}

export function tableOf(rows: readonly Row[], version: string): string {
  const head = ['PART', 'ADDRESS', 'PROCESS', 'STATE', 'FOR', 'A SECOND', 'ROTATION'];
  const lines = rows.map((row) => [
    row.part,
    row.address,
    String(row.process ?? '-'),
    row.state,
    age(row.seconds),
    pulseOf(row),
    row.rotation,
  ]);
  const widths = head.map((name, column) =>
    Math.max(name.length, ...lines.map((line) => line[column]?.length ?? 0)),
  );
  const text = [head, ...lines].map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [...text, '', `version ${version}`].join('\n');
}
