import { metrics, type Named } from './catalogue.js';
import { requestBuckets, type Metric } from './entry.js';
import { Counter, Gauge, Histogram } from './series.js';

type Made = Counter | Gauge | Histogram;

/** This process's figures, one family for each metric of the catalogue that our processes report. */
const made = new Map<string, Made>();

const refused = (): void => counter('narwhal_series_refused_total').inc();

function make(name: string, { kind, means, labels = {}, buckets = requestBuckets }: Metric): Made {
  const shape = { name, means, labels };
  if (kind === 'counter') return new Counter(shape, refused);
  if (kind === 'gauge') return new Gauge(shape, refused);
  return new Histogram(shape, buckets, refused);
}

for (const [name, metric] of metrics) {
  if (metric.from !== 'prober') made.set(name, make(name, metric));
}

export const counter = (name: Named<'counter'>): Counter => made.get(name) as Counter;
export const gauge = (name: Named<'gauge'>): Gauge => made.get(name) as Gauge;
export const histogram = (name: Named<'histogram'>): Histogram => made.get(name) as Histogram;

/** The Content-Type of `metricsText`. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

const collectors = new Set<() => void>();

/** Runs before each scrape, until the returned function is called: for gauges that are read rather than counted. */
export function beforeScrape(collect: () => void): () => void {
  collectors.add(collect);
  return () => void collectors.delete(collect);
}

/** All metrics of this process, in Prometheus's text format. */
export function metricsText(): string {
  for (const collect of collectors) collect();
  let text = '';
  for (const family of made.values()) text += family.text();
  return text;
}
