import type { Metric, Reading, View, Where } from './entry.js';
import { labelsKey, type Sample, type Scrape } from './scrape.js';

/** A reading's values: by the value of its label, or under '' when it has none. Null: not known, which is not 0. */
export type Values = ReadonlyMap<string, number | null>;

/** Two scrapes of the same processes, and the seconds between them. */
export interface Interval {
  before: Scrape;
  after: Scrape;
  seconds: number;
}

function matches({ labels }: Sample, where: Where = {}): boolean {
  return Object.entries(where).every(([name, pattern]) =>
    new RegExp(`^(?:${pattern})$`).test(labels[name] ?? ''),
  );
}

/** The group of a gauge's sample: the reading's label, and always the process if the sample names one. */
function groupOf({ labels }: Sample, by: string | undefined): string {
  return [by ? labels[by] : undefined, labels['process']].filter(Boolean).join(' ');
}

/** How much each series grew, by group. A series that shrank belongs to a process that restarted: all of it is growth. */
function growth(
  { before, after }: Interval,
  series: string,
  groupBy: (sample: Sample) => string | null,
): Map<string, number> {
  const old = new Map((before.get(series) ?? []).map((sample) => [labelsKey(sample.labels), sample.value]));
  const grown = new Map<string, number>();
  for (const sample of after.get(series) ?? []) {
    const group = groupBy(sample);
    if (group === null) continue;
    const earlier = old.get(labelsKey(sample.labels)) ?? 0;
    const more = sample.value >= earlier ? sample.value - earlier : sample.value;
    grown.set(group, (grown.get(group) ?? 0) + more);
  }
  return grown;
}

const within =
  (where: Where | undefined, by?: string) =>
  (sample: Sample): string | null =>
    matches(sample, where) ? ((by ? sample.labels[by] : '') ?? '') : null;

/** Like PromQL's histogram_quantile: linear within the bucket, the last bound for values beyond it. */
export function quantileOf(
  q: number,
  buckets: readonly (readonly [bound: number, below: number])[],
): number | null {
  const sorted = buckets.toSorted(([a], [b]) => a - b);
  const all = sorted.at(-1)?.[1] ?? 0;
  if (all === 0) return null;
  const wanted = q * all;
  let lower = 0;
  let belowLower = 0;
  for (const [bound, below] of sorted) {
    if (below >= wanted) {
      if (bound === Infinity) return lower;
      const inside = below - belowLower;
      return inside === 0 ? bound : lower + ((bound - lower) * (wanted - belowLower)) / inside;
    }
    lower = bound;
    belowLower = below;
  }
  return lower;
}

function readQuantile(span: Interval, name: string, read: Extract<Reading, { as: 'quantile' }>): Values {
  const where = within(read.where, read.by);
  const buckets = growth(span, `${name}_bucket`, (sample) => {
    const group = where(sample);
    return group === null ? null : `${group}\n${sample.labels['le'] ?? ''}`;
  });
  const groups = new Map<string, [number, number][]>();
  for (const [key, below] of buckets) {
    const [group = '', bound = ''] = key.split('\n');
    const bounds = groups.get(group) ?? [];
    bounds.push([bound === '+Inf' ? Infinity : Number(bound), below]);
    groups.set(group, bounds);
  }
  const values = new Map<string, number | null>();
  for (const [group, bounds] of groups) {
    const enough = Math.max(...bounds.map(([, below]) => below)) >= (read.atLeast ?? 1);
    values.set(group, enough ? quantileOf(read.q, bounds) : null);
  }
  return values;
}

const total = (values: Map<string, number>): number =>
  [...values.values()].reduce((sum, value) => sum + value, 0);

function readValue({ after }: Interval, name: string, { where, by }: { where?: Where; by?: string }): Values {
  const values = new Map<string, number>();
  for (const sample of after.get(name) ?? []) {
    if (!matches(sample, where)) continue;
    const group = groupOf(sample, by);
    values.set(group, (values.get(group) ?? 0) + sample.value);
  }
  return values;
}

/** Computes one figure. Empty when nothing is known of it. */
export function readView(span: Interval, [name, metric]: readonly [string, Metric], { read }: View): Values {
  const series = metric.kind === 'histogram' ? `${name}_count` : name;
  switch (read.as) {
    case 'rate': {
      const grown = growth(span, series, within(read.where, read.by));
      const factor = (read.per === 'minute' ? 60 : 1) / span.seconds;
      return new Map([...grown].map(([group, count]) => [group, count * factor]));
    }
    case 'share': {
      const all = total(growth(span, series, within(read.of)));
      const part = total(growth(span, series, within(read.where)));
      return new Map([['', all >= (read.atLeast ?? 1) ? part / all : null]]);
    }
    case 'quantile':
      return readQuantile(span, name, read);
    case 'value':
      return readValue(span, name, read);
    case 'until': {
      const now = Date.now() / 1000;
      return new Map(
        [...readValue(span, name, {})].map(([group, at]) => [group, at === null ? null : at - now]),
      );
    }
  }
}
