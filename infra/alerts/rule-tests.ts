import type { Reading } from '../../libs/platform/src/metrics/index.js';
import { alerts, severities, usualPace, type Alert } from './rules.js';
import { stringify } from 'yaml';

/** The interval of the samples in seconds, and the time at which the alert is checked. */
const STEP = 20;
const UNTIL = 700;

/** A series that grows by this much each second. */
const growing = (series: string, perSecond: number): object => ({
  series,
  values: `0+${perSecond * STEP}x${UNTIL / STEP}`,
});
const constant = (series: string, value: number): object => ({ series, values: `${value}x${UNTIL / STEP}` });

/** A label value that a pattern of the catalogue matches. */
const example = (pattern: string): string =>
  pattern.replace(/\|.*/, '').replaceAll('.*', 'a').replaceAll('.', '0');

function labelled(name: string, read: Reading, extra: Record<string, string> = {}): string {
  const where = 'where' in read ? (read.where ?? {}) : {};
  const by = 'by' in read && read.by !== undefined ? { [read.by]: 'a' } : {};
  const labels = {
    ...by,
    ...Object.fromEntries(Object.entries(where).map(([k, v]) => [k, example(v)])),
    ...extra,
  };
  return `${name}{${Object.entries(labels)
    .map(([label, value]) => `${label}="${value}"`)
    .join(',')}}`;
}

/** A value on the bad or on the good side of a level. */
function beside(level: number, below: boolean | undefined, bad: boolean): number {
  return Boolean(below) === bad ? level / 2 : level * 2 + (level === 0 ? 1 : 0);
}

/** Series that evaluate to `value`. */
function series({ line: [name, metric], view: { read } }: Alert, value: number): object[] {
  const counted = metric.kind === 'histogram' ? `${name}_count` : name;
  switch (read.as) {
    case 'value':
      return [constant(labelled(name, read), value)];
    case 'until':
      return [constant(name, UNTIL + value)];
    case 'rate':
      return [growing(labelled(counted, read), read.per === 'minute' ? value / 60 : value)];
    case 'share': {
      const [label = ''] = Object.keys(read.where);
      const share = Math.min(value, 1);
      return [
        growing(labelled(counted, read), 10 * share),
        growing(`${counted}{${label}="of another kind"}`, 10 * (1 - share)),
      ];
    }
    case 'quantile': {
      const bounds = metric.buckets ?? [];
      const bound = bounds.find((one) => one >= value) ?? bounds.at(-1) ?? 1;
      const bucket = (le: number | string, rate: number) =>
        growing(labelled(`${name}_bucket`, read, { le: String(le) }), rate);
      return [
        ...bounds.map((le) => bucket(le, le >= bound ? 10 : 0)),
        bucket('+Inf', 10),
        growing(labelled(counted, read), 10),
      ];
    }
  }
}

function firing(alert: string, severity: string, eval_time: string, fires: boolean): object {
  return {
    expr: `count(ALERTS{alertname="${alert}",alertstate="firing",severity="${severity}"})`,
    eval_time,
    exp_samples: fires ? [{ labels: '{}', value: 1 }] : [],
  };
}

function testsOf(alert: Alert): object[] {
  const { levels } = alert;
  return severities.flatMap((severity) => {
    const level = levels[severity];
    if (level === undefined) return [];
    const test = (bad: boolean): object => ({
      name: `${levels.alert} ${severity}: ${bad ? 'fires' : 'is quiet'}`,
      interval: `${STEP}s`,
      input_series: series(alert, beside(level, levels.below, bad)),
      promql_expr_test: [
        firing(levels.alert, severity, '0s', false),
        firing(levels.alert, severity, `${UNTIL}s`, bad),
      ],
    });
    return [test(true), test(false)];
  });
}

/** promtool's unit tests: each alert at each level, on both sides of it. */
export function ruleTests(): string {
  const tests = alerts.flatMap(testsOf);
  const file = { rule_files: ['narwhal.rules.yml'], evaluation_interval: `${STEP}s`, tests };
  return `# Made by \`npm run watching\` for promtool: every alert on both sides of every level, rates over ${usualPace.window} s.\n${stringify(file, { lineWidth: 0 })}`;
}
