import {
  inWords,
  levelOf,
  metrics,
  quantileOf,
  readView,
  sparkline,
  type Metric,
  type Sample,
  type Interval,
  type View,
} from '@app/platform/metrics';

const colours = {
  critical: '\x1b[31m',
  warning: '\x1b[33m',
  quiet: '\x1b[2m',
  title: '\x1b[1;36m',
  end: '\x1b[0m',
};

/** The past values of each figure, by the figure's name. */
export type History = Map<string, (number | null)[]>;

const KEPT = 30;

/** The most important figures, for screens that are too small for all. */
const first = new Set([
  'requests',
  'request_errors',
  'request_p95',
  'feed_reads',
  'uploads',
  'posts',
  'likes',
  'queries',
  'query_p95',
  'queue_depth',
  'queue_age',
  'pending_age',
  'photo_ready_p95',
  'store_up',
  'postgres_waiting',
  'cpu',
  'memory',
  'loop_lag',
]);

interface Figure {
  name: string;
  title: string;
  view: View;
  value: number | null;
}

type Known = [group: string, value: number];

/** One number for a view: the sum of rates, the worst of anything else. */
function figureOf(known: readonly Known[], name: string, view: View): Figure {
  const values = known.map(([, value]) => value);
  if (values.length === 0) return { name, title: view.title, view, value: null };
  const worst = view.levels?.below ? Math.min : Math.max;
  const value = view.read.as === 'rate' ? values.reduce((sum, one) => sum + one, 0) : worst(...values);
  return { name, title: view.title, view, value };
}

/** The worst value per role of a figure that each process has, with the name of that process. */
function figuresOf(span: Interval, line: readonly [string, Metric], name: string, view: View): Figure[] {
  const known = [...readView(span, line, view)].filter((one): one is Known => one[1] !== null);
  const roles = new Set(known.flatMap(([group]) => /(\w+)@/.exec(group)?.[1] ?? []));
  if (roles.size === 0) return [figureOf(known, name, view)];
  return [...roles].sort().map((role) => {
    const own = known.filter(([group]) => group.includes(`${role}@`));
    const figure = figureOf(own, `${name} ${role}`, view);
    const [whose = ''] = own.find(([, value]) => value === figure.value) ?? [];
    return { ...figure, title: `${whose} ${view.title}` };
  });
}

/** The columns of a line that the title, the value and the spaces take. */
const BESIDE_SPARK = 2 + 42 + 1 + 14 + 2;

function lineOf({ name, title, view, value }: Figure, history: History, columns: number): string {
  const past = [...(history.get(name) ?? []), value].slice(-KEPT);
  history.set(name, past);
  const level = value !== null && view.levels ? levelOf(value, view.levels) : null;
  // Seconds of work per second are already a share.
  const { read } = view;
  const isRate = read.as === 'rate' && view.unit !== 'share';
  const unit = isRate ? `/${read.per === 'minute' ? 'min' : 's'}` : '';
  const shown = value === null ? '–' : `${inWords(value, view.unit)}${unit}`;
  const text = `${title.padEnd(42).slice(0, 42)} ${shown.padStart(14)}  ${sparkline(past.slice(-Math.max(1, columns - BESIDE_SPARK)))}`;
  return level ? `${colours[level]}${text}${colours.end}` : text;
}

interface Route {
  name: string;
  rate: number;
  p95: number;
}

const growth = (after: Sample, before: ReadonlyMap<string, number>): number =>
  Math.max(0, after.value - (before.get(JSON.stringify(after.labels)) ?? 0));

/** The slowest routes since the last sample. */
export function slowestRoutes({ before, after, seconds }: Interval, count: number): Route[] {
  const series = 'narwhal_http_request_seconds_bucket';
  const old = new Map((before.get(series) ?? []).map(({ labels, value }) => [JSON.stringify(labels), value]));
  const routes = new Map<string, Map<number, number>>();
  for (const sample of after.get(series) ?? []) {
    const { method = '', route = '', le = '' } = sample.labels;
    const name = `${method} ${route}`;
    const buckets = routes.get(name) ?? new Map<number, number>();
    routes.set(name, buckets);
    const bound = le === '+Inf' ? Infinity : Number(le);
    buckets.set(bound, (buckets.get(bound) ?? 0) + growth(sample, old));
  }
  return [...routes]
    .map(([name, buckets]) => ({
      name,
      rate: (buckets.get(Infinity) ?? 0) / seconds,
      p95: quantileOf(0.95, [...buckets]) ?? -1,
    }))
    .filter(({ rate }) => rate > 0)
    .sort((a, b) => b.p95 - a.p95)
    .slice(0, count);
}

/** The part of the /health report that the frame shows beside the figures. */
export interface Told {
  status: string;
  processes: readonly { kind: string; living: boolean }[];
  sentences: readonly { level: string; text: string }[];
}

/** The screen's size, and the address of the queried process. */
export interface Screen {
  rows: number;
  columns: number;
  address: string;
}

/** With fewer rows than this, only the first figures fit; with fewer than the second, not even the names of their parts. */
const ROOM_FOR_ALL = 60;
const ROOM_FOR_PARTS = 36;

function figures(span: Interval, history: History, { rows, columns }: Screen): string[] {
  const all = metrics.flatMap((line) =>
    Object.entries(line[1].shows)
      .filter(([name]) => rows > ROOM_FOR_ALL || first.has(name))
      .flatMap(([name, view]) => figuresOf(span, line, name, view))
      .map((figure) => ({ part: line[1].part, text: `  ${lineOf(figure, history, columns)}` })),
  );
  // The last lines fall off where many sentences are: processes are shown first.
  const isOwn = ({ part }: { part: string }) => Number(part === 'processes');
  if (rows < ROOM_FOR_PARTS) return all.toSorted((a, b) => isOwn(b) - isOwn(a)).map(({ text }) => text);
  const parts = [...new Set(all.map(({ part }) => part))];
  return parts.flatMap((part) => [
    `${colours.title}${part}${colours.end}`,
    ...all.filter((one) => one.part === part).map(({ text }) => text),
  ]);
}

/** The origin of the figures: every living process that this one knows. */
function whose({ processes }: Told, address: string): string {
  const living = processes.filter((one) => one.living);
  const kinds = [...new Set(living.map(({ kind }) => kind))].sort();
  const counts = kinds.map((kind) => `${living.filter((one) => one.kind === kind).length} ${kind}`);
  return `Sum or worst of all processes known to ${address}: ${counts.join(', ') || 'none'}`;
}

/** Wraps a sentence to lines that fit. */
function wrapped(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}

/** The worst first, and on a small screen no more than leave room for the figures. */
function sentenceLines({ sentences }: Told, { rows, columns, address }: Screen): string[] {
  const lines = sentences.flatMap(({ level, text }) => {
    const colour = level === 'critical' || level === 'warning' ? colours[level] : '';
    return wrapped(text, columns - 2).map((line) => `  ${colour}${line}${colours.end}`);
  });
  const room = Math.max(4, Math.floor(rows / 4));
  if (lines.length <= room) return lines;
  const left = lines.length - room + 1;
  return [...lines.slice(0, room - 1), `  ${left} more lines: http://${address}/health`];
}

function routeLines(span: Interval, columns: number): string[] {
  const width = Math.max(20, columns - 24);
  return slowestRoutes(span, 5).map(
    ({ name, rate, p95 }) =>
      `  ${name.padEnd(width).slice(0, width)} ${inWords(p95, 'seconds').padStart(10)} ${rate.toFixed(1).padStart(8)}/s`,
  );
}

/** One frame of `npm run top` for this screen size. */
export function frame(span: Interval, told: Told, history: History, screen: Screen): string {
  const { rows, columns, address } = screen;
  const { title, quiet, end } = colours;
  const routes = routeLines(span, columns);
  const time = `${new Date().toISOString().slice(11, 19)} UTC, over the last ${span.seconds.toFixed(1)} s; q ends`;
  const lines = [
    `${title}Narwhal is ${told.status.replace('_', ' ')}${end}${quiet}  ${time}${end}`,
    `${quiet}${whose(told, address).slice(0, columns)}${end}`,
    ...sentenceLines(told, screen),
    ...figures(span, history, screen),
    ...(routes.length > 0 ? [`${title}slowest routes (95th percentile)${end}`, ...routes] : []),
  ];
  return lines.slice(0, Math.max(5, rows - 1)).join('\n');
}
