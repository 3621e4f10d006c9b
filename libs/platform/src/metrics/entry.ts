/** Series of a metric, by the values of its labels: `{ status: '5..' }`, each a regular expression over the whole value. */
export type Where = Readonly<Record<string, string>>;

/** How people read a metric; each of these can be worked out by Prometheus and, from two scrapes, by our own tools. */
export type Reading =
  /** How often it happens. */
  | { as: 'rate'; per: 'second' | 'minute'; where?: Where; by?: string }
  /** Which part of all that happens is `where`; unknown while fewer than `atLeast` happen in a window. */
  | { as: 'share'; where: Where; of?: Where; atLeast?: number }
  /** Which value the fraction `q` of observations stays below; unknown while there are fewer than `atLeast`. */
  | { as: 'quantile'; q: number; where?: Where; by?: string; atLeast?: number }
  /** What a gauge says. */
  | { as: 'value'; where?: Where; by?: string }
  /** How long it is until the moment that a gauge names, in Unix time. */
  | { as: 'until' };

/** When a reading is worth somebody's attention; makes one alert, which has a page in docs/runbooks. */
export interface Levels {
  /** The alert's name; its runbook is docs/runbooks/<name>.md. */
  alert: string;
  warning?: number;
  critical?: number;
  /** Low values are the bad ones. */
  below?: boolean;
  /** For how long it has to be so, in seconds. */
  lasting: number;
  /** What is wrong, for whoever is woken; `{value}` is the reading. */
  says: string;
}

/** One figure that people watch, worked out from a metric. */
export interface View {
  title: string;
  unit: 'requests' | 'events' | 'seconds' | 'bytes' | 'share' | 'rows' | 'jobs' | 'people' | 'count';
  read: Reading;
  /** What is usual: from and to, or words where it depends on how many people there are. */
  normal: readonly [number, number] | string;
  levels?: Levels;
}

/** The parts in which operators find metrics: a section of docs/metrics.md, a Munin category, a row of the dashboard. */
export type Part = 'product' | 'requests' | 'later work' | 'stores' | 'processes' | 'watching';

/** One line of the catalogue; the key that it stands under is its name, which ends in its unit as Prometheus asks. */
export interface Metric {
  kind: 'counter' | 'gauge' | 'histogram';
  part: Part;
  /** What it counts or measures: the text of /metrics. */
  means: string;
  /**
   * Each label with its values where they are few and fixed, so that any other becomes `other`; else in words where its
   * values come from: always a list in the code, never what a client sent.
   */
  labels?: Readonly<Record<string, readonly string[] | string>>;
  /** Upper bounds of a histogram, in its unit. */
  buckets?: readonly number[];
  /**
   * What several processes' gauges are together: `sum`; `same` when each tells of what all share; `each` when only one
   * process's own value says something.
   */
  across?: 'sum' | 'same' | 'each';
  /** Who tells: our processes (`narwhal`) or the prober outside. */
  from?: 'narwhal' | 'prober';
  shows: Readonly<Record<string, View>>;
}

export const requestBuckets = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;
export const workBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300] as const;
