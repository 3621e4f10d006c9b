/** Series of a metric, by the values of its labels: `{ status: '5..' }`, each a regular expression over the whole value. */
export type Where = Readonly<Record<string, string>>;

/** The form in which a metric is shown; Prometheus can compute each of these and, from two scrapes, so can our own tools. */
export type Reading =
  /** How often it happens. */
  | { as: 'rate'; per: 'second' | 'minute'; where?: Where; by?: string }
  /** The share of `where` among all events; unknown while a window has fewer than `atLeast`. */
  | { as: 'share'; where: Where; of?: Where; atLeast?: number }
  /** The upper bound of the fraction `q` of observations; unknown while there are fewer than `atLeast`. */
  | { as: 'quantile'; q: number; where?: Where; by?: string; atLeast?: number }
  /** A gauge's value. */
  | { as: 'value'; where?: Where; by?: string }
  /** The time left until the gauge's value, in Unix time. */
  | { as: 'until' };

/** The levels at which a reading needs attention; each makes one alert, which has a page in docs/runbooks. */
export interface Levels {
  /** The alert's name; its runbook is docs/runbooks/<name>.md. */
  alert: string;
  warning?: number;
  critical?: number;
  /** Low values are the bad ones. */
  below?: boolean;
  /** How long it must last, in seconds. */
  lasting: number;
  /** The alert's sentence for the person on call; `{value}` is the reading. */
  says: string;
}

/** One figure that people watch, computed from a metric. */
export interface View {
  title: string;
  unit: 'requests' | 'events' | 'seconds' | 'bytes' | 'share' | 'rows' | 'jobs' | 'people' | 'count';
  read: Reading;
  /** The usual range, or words if it depends on how many people there are. */
  normal: readonly [number, number] | string;
  levels?: Levels;
}

/** The groups of metrics for operators: a section of docs/metrics.md, a Munin category, a row of the dashboard. */
export type Part = 'product' | 'requests' | 'later work' | 'stores' | 'processes' | 'watching';

/** One line of the catalogue; its key is its name, which ends in its unit as Prometheus asks. */
export interface Metric {
  kind: 'counter' | 'gauge' | 'histogram';
  part: Part;
  /** The quantity that it counts or measures: the text of /metrics. */
  means: string;
  /**
   * Each label with its values if they are few and fixed (any other becomes `other`); otherwise the source of its values in
   * words: always a list in the code, never a client's input.
   */
  labels?: Readonly<Record<string, readonly string[] | string>>;
  /** Upper bounds of a histogram, in its unit. */
  buckets?: readonly number[];
  /**
   * How to combine the gauges of several processes: `sum`; `same` when each reports a shared figure; `each` when only a single
   * process's value has a meaning.
   */
  across?: 'sum' | 'same' | 'each';
  /** The metric's source: our processes (`narwhal`) or the prober outside. */
  from?: 'narwhal' | 'prober';
  shows: Readonly<Record<string, View>>;
}

export const requestBuckets = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;
export const workBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300] as const;

/** The metrics of one part; their types stay as literal as they are written. */
export function inPart<const Named extends Part, const Metrics extends Record<string, Omit<Metric, 'part'>>>(
  part: Named,
  metrics: Metrics,
): { readonly [Name in keyof Metrics]: Metrics[Name] & { readonly part: Named } } {
  const rows = Object.entries(metrics).map(([name, metric]) => [name, { ...metric, part }]);
  return Object.fromEntries(rows) as ReturnType<typeof inPart<Named, Metrics>>;
}
