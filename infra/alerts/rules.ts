import {
  metrics,
  promql,
  runbookOf,
  type Levels,
  type Metric,
  type View,
} from '../../libs/platform/src/metrics/index.js';
import { stringify } from 'yaml';

/** The durations in rules; tests shorten them. */
export interface Pace {
  /** The window of rates, in seconds. */
  window: number;
  /** How long an alert's condition has to hold: the catalogue's time, or this many seconds for all. */
  lasting?: number;
  /** An alert that flaps stays one incident: it ends after this many healthy seconds. */
  calm: number;
}

export const usualPace: Pace = { window: 120, calm: 60 };

/** One alert of the catalogue: its metric, its view, its levels. */
export interface Alert {
  line: readonly [name: string, metric: Metric];
  view: View;
  levels: Levels;
}

export const alerts: readonly Alert[] = metrics.flatMap((line) =>
  Object.values(line[1].shows).flatMap((view) => (view.levels ? [{ line, view, levels: view.levels }] : [])),
);

export const severities = ['warning', 'critical'] as const;

const humane: Record<View['unit'], string> = {
  seconds: 'humanizeDuration',
  bytes: 'humanize1024',
  share: 'humanizePercentage',
  requests: 'humanize',
  events: 'humanize',
  rows: 'humanize',
  jobs: 'humanize',
  people: 'humanize',
  count: 'humanize',
};

/** `{value}` and `{queue}` as Prometheus's templates spell them; a process is identified by its address. */
function template({ says }: Levels, unit: View['unit']): string {
  return says.replace(/\{(\w+)\}/g, (_, name: string) => {
    if (name === 'value') return `{{ $value | ${humane[unit]} }}`;
    return `{{ $labels.${name === 'process' ? 'instance' : name} }}`;
  });
}

function rulesOf({ line, view, levels }: Alert, pace: Pace): object[] {
  const query = promql(line, view, `${pace.window}s`);
  return severities.flatMap((severity) => {
    const level = levels[severity];
    if (level === undefined) return [];
    return [
      {
        alert: levels.alert,
        expr: `(${query}) ${levels.below ? '<' : '>'} ${level}`,
        for: `${pace.lasting ?? levels.lasting}s`,
        keep_firing_for: `${pace.calm}s`,
        labels: { severity, part: line[1].part },
        annotations: {
          summary: template(levels, view.unit),
          runbook: runbookOf(levels.alert),
          figure: view.title,
        },
      },
    ];
  });
}

/** Prometheus's rules, one for each level in the catalogue. */
export function ruleFile(pace: Pace = usualPace): string {
  const rules = alerts.flatMap((alert) => rulesOf(alert, pace));
  return `# Made from libs/platform/src/metrics by \`npm run watching\`; not to be edited.\n${stringify({ groups: [{ name: 'narwhal', rules }] }, { lineWidth: 0 })}`;
}
