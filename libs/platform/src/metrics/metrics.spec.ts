import { describe, expect, it } from 'vitest';
import { catalogue, metrics } from './catalogue.js';
import type { Reading } from './entry.js';
import { promql } from './promql.js';
import { quantileOf, readView } from './reading.js';
import { counter, metricsText } from './registry.js';
import { mergeScrapes, parseScrape, scrapeText } from './scrape.js';
import { Counter, Gauge, Histogram } from './series.js';

const shape = (labels: Record<string, readonly string[] | string> = {}) => ({
  name: 'narwhal_tried_total',
  means: 'Tried.',
  labels,
});

describe('series', () => {
  it('are told in the text format, a histogram with all that is below each bound', () => {
    const histogram = new Histogram({ ...shape({ route: 'any' }), name: 'narwhal_tried_seconds' }, [0.1, 1]);
    for (const value of [0.05, 0.1, 0.5, 30]) histogram.observe({ route: '/v1/"a"\\' }, value);
    expect(histogram.text()).toBe(`# HELP narwhal_tried_seconds Tried.
# TYPE narwhal_tried_seconds histogram
narwhal_tried_seconds_bucket{route="/v1/\\"a\\"\\\\",le="0.1"} 2
narwhal_tried_seconds_bucket{route="/v1/\\"a\\"\\\\",le="1"} 3
narwhal_tried_seconds_bucket{route="/v1/\\"a\\"\\\\",le="+Inf"} 4
narwhal_tried_seconds_sum{route="/v1/\\"a\\"\\\\"} 30.65
narwhal_tried_seconds_count{route="/v1/\\"a\\"\\\\"} 4
`);
  });

  it('begin at 0 without labels, and are absent after a reset', () => {
    expect(new Counter(shape()).text()).toContain('\nnarwhal_tried_total 0\n');
    const gauge = new Gauge(shape({ kind: 'any' }));
    gauge.set({ kind: 'photos' }, 3);
    gauge.reset();
    expect(gauge.text()).not.toContain('photos');
  });

  it('take a value outside of a fixed list as other', () => {
    const tried = new Counter(shape({ method: ['GET', 'other'] }));
    tried.inc({ method: 'GET' });
    tried.inc({ method: 'BREW' });
    tried.inc({ method: 'PROPFIND' });
    expect(tried.text()).toContain('{method="other"} 2\n');
    expect(tried.text()).not.toContain('BREW');
  });

  it('never become too many: what is over is counted together, and told', () => {
    let refused = 0;
    const tried = new Counter(shape({ path: 'a fault in the code' }), () => (refused += 1));
    for (let index = 0; index < 5_000; index += 1) tried.inc({ path: `/random/${index}` });
    const lines = tried.text().trim().split('\n').slice(2);
    expect(lines).toHaveLength(2_001);
    expect(lines.at(-1)).toBe('narwhal_tried_total{path="other"} 3000');
    expect(refused).toBe(3_000);
  });
});

function labelsOf(read: Reading): string[] {
  const { where = {}, by } = { where: undefined, by: undefined, ...read } as { where?: object; by?: string };
  return [...Object.keys(where), ...(by === undefined ? [] : [by])];
}

describe('the catalogue', () => {
  it.each(metrics)('%s has all that is asked of a line', (name, metric) => {
    if (metric.from !== 'prober') expect(name).toMatch(/^narwhal_[a-z_]+$/);
    expect(metric.means).toMatch(/^[A-Z].*\.$/s);
    if (metric.kind === 'counter') expect(name).toMatch(/_total$/);
    if (metric.kind === 'gauge') expect(metric.across, 'how several processes add up').toBeDefined();
    expect(Object.keys(metric.shows).length, 'how people read it').toBeGreaterThan(0);
    for (const { levels, read } of Object.values(metric.shows)) {
      const own = Object.keys(metric.labels ?? {});
      if (metric.from !== 'prober') expect(own).toEqual(expect.arrayContaining(labelsOf(read)));
      const { warning = 0, critical = Infinity } = levels?.below
        ? { warning: levels.critical, critical: levels.warning }
        : (levels ?? {});
      expect(critical).toBeGreaterThan(warning);
    }
  });

  it('gives each view and each alert a name of its own', () => {
    const views = metrics.flatMap(([, { shows }]) => Object.keys(shows));
    expect(new Set(views).size).toBe(views.length);
    const alerts = metrics.flatMap(([, { shows }]) =>
      Object.values(shows).flatMap(({ levels }) => levels?.alert ?? []),
    );
    expect(new Set(alerts).size).toBe(alerts.length);
  });

  it('is what a process tells', () => {
    // Other specs of this process count, too.
    const told = () => parseScrape(metricsText()).get('narwhal_signups_total');
    counter('narwhal_signups_total').inc();
    const before = told()?.[0]?.value ?? NaN;
    counter('narwhal_signups_total').inc();
    expect(told()).toEqual([{ labels: {}, value: before + 1 }]);
  });
});

const one = parseScrape(`narwhal_likes_total 10
narwhal_pending{kind="photos"} 3
narwhal_nodejs_eventloop_lag_seconds 0.01
`);
const other = parseScrape(`narwhal_likes_total 32
narwhal_pending{kind="photos"} 4
narwhal_nodejs_eventloop_lag_seconds 0.5
`);

describe('several processes', () => {
  const merged = mergeScrapes(
    new Map([
      ['api-1', one],
      ['api-2', other],
    ]),
  );

  it('add up: counts as sums, what all share once, what is of one process by process', () => {
    expect(merged.get('narwhal_likes_total')).toEqual([{ labels: {}, value: 42 }]);
    expect(merged.get('narwhal_pending')).toEqual([{ labels: { kind: 'photos' }, value: 4 }]);
    expect(merged.get('narwhal_nodejs_eventloop_lag_seconds')?.map(({ value }) => value)).toEqual([
      0.01, 0.5,
    ]);
  });

  it('read the same once they were written and read again', () => {
    expect(parseScrape(scrapeText(merged)).get('narwhal_pending')).toEqual(merged.get('narwhal_pending'));
  });
});

describe('readings', () => {
  const scrape = (text: string) => parseScrape(text);
  const requests = ['narwhal_http_request_seconds', catalogue.narwhal_http_request_seconds] as const;
  const { request_errors, request_p95 } = catalogue.narwhal_http_request_seconds.shows;

  it('take rates over the time between, and a process that began anew from 0', () => {
    const span = {
      before: scrape('narwhal_likes_total 100'),
      after: scrape('narwhal_likes_total 30'),
      seconds: 10,
    };
    const { likes } = catalogue.narwhal_likes_total.shows;
    expect(readView(span, ['narwhal_likes_total', catalogue.narwhal_likes_total], likes)).toEqual(
      new Map([['', 3]]),
    );
  });

  it('tell no share of too few', () => {
    const count = (status: number, value: number) =>
      `narwhal_http_request_seconds_count{route="/v1/feed",method="GET",status="${status}"} ${value}\n`;
    const before = scrape('');
    const few = { before, after: scrape(count(200, 9) + count(503, 1)), seconds: 10 };
    expect(readView(few, requests, request_errors).get('')).toBeNull();
    const many = { before, after: scrape(count(200, 90) + count(503, 10)), seconds: 10 };
    expect(readView(many, requests, request_errors).get('')).toBeCloseTo(0.1);
  });

  it('find quantiles as Prometheus does', () => {
    expect(
      quantileOf(0.5, [
        [0.1, 10],
        [0.5, 30],
        [Infinity, 40],
      ]),
    ).toBeCloseTo(0.3);
    expect(
      quantileOf(0.99, [
        [0.1, 10],
        [Infinity, 40],
      ]),
    ).toBe(0.1);
    expect(
      quantileOf(0.5, [
        [0.1, 0],
        [Infinity, 0],
      ]),
    ).toBeNull();
    const bucket = (le: string, value: number) =>
      `narwhal_http_request_seconds_bucket{route="/v1/feed",method="GET",status="200",le="${le}"} ${value}\n`;
    const after = scrape(bucket('0.1', 50) + bucket('0.5', 100) + bucket('+Inf', 100));
    expect(readView({ before: scrape(''), after, seconds: 1 }, requests, request_p95).get('')).toBeCloseTo(
      0.46,
    );
  });

  it('are written for Prometheus, too', () => {
    expect(promql(requests, request_errors, '2m')).toContain('{status=~"5.."}[2m]');
    const lag = catalogue.narwhal_nodejs_eventloop_lag_seconds;
    expect(promql(['narwhal_nodejs_eventloop_lag_seconds', lag], lag.shows.loop_lag, '2m')).toBe(
      'narwhal_nodejs_eventloop_lag_seconds',
    );
  });
});
