import { metrics } from './catalogue.js';
import { braced, pairOf } from './series.js';

/** One series as scraped. */
export interface Sample {
  labels: Readonly<Record<string, string>>;
  value: number;
}

/** The scrape of one or more processes: samples by the series' name (a histogram's end in _bucket, _sum, _count). */
export type Scrape = ReadonlyMap<string, readonly Sample[]>;

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

const unescape = (value: string): string =>
  value.replace(/\\(.)/g, (_, letter: string) => (letter === 'n' ? '\n' : letter));

/** Reads Prometheus's text format; skips everything that is not a sample. */
export function parseScrape(text: string): Map<string, Sample[]> {
  const scrape = new Map<string, Sample[]>();
  for (const line of text.split('\n')) {
    const [, name, labelText = '', value] = LINE.exec(line) ?? [];
    if (name === undefined) continue;
    const labels: Record<string, string> = {};
    for (const [, label = '', text = ''] of labelText.matchAll(LABEL)) labels[label] = unescape(text);
    const samples = scrape.get(name);
    const sample = { labels, value: value === '+Inf' ? Infinity : Number(value) };
    if (samples) samples.push(sample);
    else scrape.set(name, [sample]);
  }
  return scrape;
}

const acrossOf = new Map(metrics.map(([name, { across }]) => [name, across ?? 'sum']));

/** `narwhal_x_seconds_bucket` belongs to `narwhal_x_seconds`. */
function metricOf(series: string): string {
  return acrossOf.has(series) ? series : series.replace(/_(bucket|sum|count)$/, '');
}

export const labelsKey = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join('\n');

/**
 * Merges several processes into one: counts are added; of a shared figure the largest wins, since the latest reading is the
 * highest; a figure of a single process gets a label `process`.
 */
export function mergeScrapes(scrapes: ReadonlyMap<string, Scrape>): Scrape {
  const merged = new Map<string, Map<string, Sample>>();
  for (const [process, scrape] of scrapes) {
    for (const [series, samples] of scrape) {
      const across = acrossOf.get(metricOf(series)) ?? 'sum';
      const into = merged.get(series) ?? new Map<string, Sample>();
      merged.set(series, into);
      for (const sample of samples) {
        const labels = across === 'each' ? { ...sample.labels, process } : sample.labels;
        const key = labelsKey(labels);
        const known = into.get(key)?.value;
        const value =
          known === undefined || Number.isNaN(known)
            ? sample.value
            : across === 'same'
              ? Math.max(known, sample.value)
              : known + sample.value;
        into.set(key, { labels, value });
      }
    }
  }
  return new Map([...merged].map(([series, samples]) => [series, [...samples.values()]]));
}

const lineOf = (name: string, { labels, value }: Sample): string =>
  `${name}${braced(Object.entries(labels).map(pairOf).join(','))} ${value === Infinity ? '+Inf' : value}\n`;

/** A scrape as Prometheus's text, only the catalogue's metrics and in its order. */
export function scrapeText(scrape: Scrape): string {
  let text = '';
  for (const [name, { kind, means }] of metrics) {
    const series = kind === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name];
    if (!series.some((one) => scrape.has(one))) continue;
    text += `# HELP ${name} ${means}\n# TYPE ${name} ${kind}\n`;
    for (const one of series) for (const sample of scrape.get(one) ?? []) text += lineOf(one, sample);
  }
  return text;
}
