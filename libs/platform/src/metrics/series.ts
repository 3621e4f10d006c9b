/** Labels as given: values of any type that converts to text. */
export type Labels = Readonly<Record<string, string | number>>;

export interface Shape {
  name: string;
  means: string;
  labels: Readonly<Record<string, readonly string[] | string>>;
}

/** Most series of one metric; 100 routes of one or two methods and a few statuses each are some 600. */
const MOST_SERIES = 2_000;

const escape = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

/**
 * The series of one metric, each made on its first use and then only counted: an observation costs a lookup and an addition,
 * and with `labels(...)` bound beforehand only the addition. Text is made on scrape.
 */
export abstract class Family<Series> {
  private readonly series = new Map<string, Series>();
  private readonly names: readonly string[];
  abstract readonly type: string;

  constructor(
    protected readonly shape: Shape,
    /** Called for an observation whose labels would make too many series; it is counted under `other`. */
    private readonly onRefused: () => void = () => undefined,
  ) {
    this.names = Object.keys(shape.labels);
  }

  protected abstract make(): Series;
  protected abstract lines(series: Series, labels: string): string;

  /** The series of these labels; keep it if it is used often. */
  labels(labels: Labels = {}): Series {
    const values = this.names.map((name) => this.allowed(name, String(labels[name] ?? '')));
    const text = this.textOf(values);
    const known = this.series.get(text);
    if (known !== undefined) return known;
    if (this.series.size >= MOST_SERIES && values.some((value) => value !== 'other')) {
      this.onRefused();
      return this.labels(Object.fromEntries(this.names.map((name) => [name, 'other'])));
    }
    const made = this.make();
    this.series.set(text, made);
    return made;
  }

  private allowed(name: string, value: string): string {
    const values = this.shape.labels[name];
    return typeof values === 'string' || values === undefined || values.includes(value) ? value : 'other';
  }

  private textOf(values: readonly string[]): string {
    return this.names.map((name, index) => `${name}="${escape(values[index] ?? '')}"`).join(',');
  }

  /** Drops all series: an unknown value is absent, never 0. */
  reset(): void {
    this.series.clear();
  }

  /** In Prometheus's text format 0.0.4. */
  text(): string {
    const { name, means } = this.shape;
    let text = `# HELP ${name} ${means.replaceAll('\\', '\\\\').replaceAll('\n', ' ')}\n# TYPE ${name} ${this.type}\n`;
    for (const [labels, series] of this.series) text += this.lines(series, labels);
    return text;
  }
}

const braced = (labels: string): string => (labels === '' ? '' : `{${labels}}`);

export class CounterSeries {
  value = 0;

  inc(by = 1): void {
    this.value += by;
  }
}

export class Counter extends Family<CounterSeries> {
  override readonly type = 'counter';
  private readonly plain: CounterSeries | null;

  constructor(shape: Shape, onRefused?: () => void) {
    super(shape, onRefused);
    // Without labels the series exists from the start: a rate begins at 0, not at the first event.
    this.plain = Object.keys(shape.labels).length === 0 ? this.labels() : null;
  }

  /** `inc()`, `inc(5)`, `inc({ queue })`, `inc({ kind }, 5)`. */
  inc(labels: Labels | number = 1, by = 1): void {
    if (typeof labels === 'number') (this.plain ?? this.labels()).inc(labels);
    else this.labels(labels).inc(by);
  }

  /** For a count kept elsewhere, such as a server's own. */
  set(value: number): void {
    (this.plain ?? this.labels()).value = value;
  }

  protected override make(): CounterSeries {
    return new CounterSeries();
  }

  protected override lines({ value }: CounterSeries, labels: string): string {
    return `${this.shape.name}${braced(labels)} ${value}\n`;
  }
}

export class GaugeSeries {
  value = 0;

  set(value: number): void {
    this.value = value;
  }
}

export class Gauge extends Family<GaugeSeries> {
  override readonly type = 'gauge';

  /** `set(3)`, `set({ kind }, 3)`. */
  set(labels: Labels | number, value = 0): void {
    if (typeof labels === 'number') this.labels().set(labels);
    else this.labels(labels).set(value);
  }

  protected override make(): GaugeSeries {
    return new GaugeSeries();
  }

  protected override lines({ value }: GaugeSeries, labels: string): string {
    return `${this.shape.name}${braced(labels)} ${value}\n`;
  }
}

export class HistogramSeries {
  sum = 0;
  count = 0;
  readonly counts: Float64Array;

  constructor(readonly bounds: readonly number[]) {
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
}

export class Histogram extends Family<HistogramSeries> {
  override readonly type = 'histogram';

  constructor(
    shape: Shape,
    private readonly bounds: readonly number[],
    onRefused?: () => void,
  ) {
    super(shape, onRefused);
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

  protected override make(): HistogramSeries {
    return new HistogramSeries(this.bounds);
  }

  protected override lines({ counts, count, sum }: HistogramSeries, labels: string): string {
    const { name } = this.shape;
    const before = labels === '' ? '' : `${labels},`;
    let text = '';
    let below = 0;
    for (const [index, bound] of this.bounds.entries()) {
      below += counts[index] ?? 0;
      text += `${name}_bucket{${before}le="${bound}"} ${below}\n`;
    }
    text += `${name}_bucket{${before}le="+Inf"} ${count}\n`;
    return `${text}${name}_sum${braced(labels)} ${sum}\n${name}_count${braced(labels)} ${count}\n`;
  }
}
