/** Labels as given: values of any type that converts to text. */
export type Labels = Readonly<Record<string, string | number>>;

export interface Shape {
  name: string;
  means: string;
  labels: Readonly<Record<string, readonly string[] | string>>;
}

/** Most series of one metric; 100 routes of one or two methods and a few statuses each are some 600. */
const MOST_SERIES = 2_000;
/** Ends each value of a series' key; no label contains it. */
const END = '\0';

/** A label and its value, escaped. */
export const pairOf = ([name, value]: readonly [string, string]): string =>
  `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
export const braced = (labels: string): string => (labels === '' ? '' : `{${labels}}`);

interface Series {
  text(name: string): string;
}

/** One series of a counter or gauge. */
export class ValueSeries implements Series {
  value = 0;

  constructor(private readonly labels: string) {}

  inc(by = 1): void {
    this.value += by;
  }

  text(name: string): string {
    return `${name}${braced(this.labels)} ${this.value}\n`;
  }
}

export class HistogramSeries implements Series {
  private sum = 0;
  private count = 0;
  private readonly counts: Float64Array;

  constructor(
    private readonly labels: string,
    private readonly bounds: readonly number[],
  ) {
    this.counts = new Float64Array(bounds.length);
  }

  observe(value: number): void {
    this.sum += value;
    this.count += 1;
    const { bounds, counts } = this;
    // With a dozen bounds a linear scan beats binary search.
    for (let index = 0; index < bounds.length; index += 1) {
      if (value <= (bounds[index] as number)) {
        counts[index] = (counts[index] as number) + 1;
        return;
      }
    }
  }

  text(name: string): string {
    const before = this.labels === '' ? '' : `${this.labels},`;
    let text = '';
    let below = 0;
    for (const [index, bound] of this.bounds.entries()) {
      below += this.counts[index] ?? 0;
      text += `${name}_bucket{${before}le="${bound}"} ${below}\n`;
    }
    text += `${name}_bucket{${before}le="+Inf"} ${this.count}\n`;
    const labels = braced(this.labels);
    return `${text}${name}_sum${labels} ${this.sum}\n${name}_count${labels} ${this.count}\n`;
  }
}

/**
 * The series of one metric, each made on its first use and then only counted: an observation costs a lookup and an addition,
 * and with `labels(...)` bound beforehand only the addition. docs/decisions/0056 compares it with prom-client.
 */
abstract class Family<One extends Series> {
  private readonly series = new Map<string, One>();
  protected readonly names: readonly string[];

  constructor(
    private readonly type: string,
    private readonly shape: Shape,
    private readonly make: (labels: string) => One,
    /** Called for an observation whose labels would make too many series; it is counted under `other`. */
    private readonly onRefused: () => void = () => undefined,
  ) {
    this.names = Object.keys(shape.labels);
  }

  /** The series of these labels; keep it if it is used often. */
  labels(labels: Labels = {}): One {
    let key = '';
    for (const name of this.names) key += `${labels[name] ?? ''}${END}`;
    return this.series.get(key) ?? this.admit(key.split(END).slice(0, -1));
  }

  /** A value outside of its label's fixed list becomes `other`; so do all values when the metric has too many series. */
  private admit(given: readonly string[]): One {
    const values = given.map((value, index) => {
      const listed = this.shape.labels[this.names[index] ?? ''];
      return Array.isArray(listed) && !listed.includes(value) ? 'other' : value;
    });
    const key = values.map((value) => value + END).join('');
    const known = this.series.get(key);
    if (known !== undefined) return known;
    if (this.series.size >= MOST_SERIES && values.some((value) => value !== 'other')) {
      this.onRefused();
      return this.admit(values.map(() => 'other'));
    }
    const labels = this.names.map((name, index) => pairOf([name, values[index] ?? '']));
    const made = this.make(labels.join(','));
    this.series.set(key, made);
    return made;
  }

  /** Drops all series: an unknown value is absent, never 0. */
  reset(): void {
    this.series.clear();
  }

  /** In Prometheus's text format 0.0.4. */
  text(): string {
    const { name, means } = this.shape;
    let text = `# HELP ${name} ${means.replaceAll('\\', '\\\\').replaceAll('\n', ' ')}\n# TYPE ${name} ${this.type}\n`;
    for (const series of this.series.values()) text += series.text(name);
    return text;
  }
}

export class Counter extends Family<ValueSeries> {
  constructor(shape: Shape, onRefused?: () => void) {
    super('counter', shape, (labels) => new ValueSeries(labels), onRefused);
    // Without labels the series exists from the start: a rate begins at 0, not at the first event.
    if (this.names.length === 0) this.labels();
  }

  /** `inc()`, `inc(5)`, `inc({ queue })`, `inc({ kind }, 5)`. */
  inc(labels: Labels | number = 1, by = 1): void {
    if (typeof labels === 'number') this.labels().inc(labels);
    else this.labels(labels).inc(by);
  }

  /** For a count kept elsewhere, such as a server's own. */
  set(value: number): void {
    this.labels().value = value;
  }
}

export class Gauge extends Family<ValueSeries> {
  constructor(shape: Shape, onRefused?: () => void) {
    super('gauge', shape, (labels) => new ValueSeries(labels), onRefused);
  }

  /** `set(3)`, `set({ kind }, 3)`. */
  set(labels: Labels | number, value = 0): void {
    if (typeof labels === 'number') this.labels().value = labels;
    else this.labels(labels).value = value;
  }
}

export class Histogram extends Family<HistogramSeries> {
  constructor(shape: Shape, bounds: readonly number[], onRefused?: () => void) {
    super('histogram', shape, (labels) => new HistogramSeries(labels, bounds), onRefused);
  }

  /** `observe(0.2)`, `observe({ query }, 0.2)`. */
  observe(labels: Labels | number, value = 0): void {
    if (typeof labels === 'number') this.labels().observe(labels);
    else this.labels(labels).observe(value);
  }

  /** Call the returned function when the work is done. */
  startTimer(labels: Labels = {}): () => void {
    const begun = performance.now();
    return () => this.observe(labels, (performance.now() - begun) / 1000);
  }
}
