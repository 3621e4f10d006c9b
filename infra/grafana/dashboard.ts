import type { Dashboard, FieldConfigSource, Panel, RowPanel } from '@grafana/schema';
import { metrics, promql, type Metric, type Part, type View } from '../../libs/platform/src/metrics/index.js';

/** A type of Grafana's own schema in its JSON form: enumerations become their strings. */
type Json<Thing> = Thing extends string
  ? `${Thing}`
  : Thing extends readonly (infer Each)[]
    ? Json<Each>[]
    : Thing extends object
      ? { [Key in keyof Thing]: Json<Thing[Key]> }
      : Thing;

type Thresholds = NonNullable<Json<FieldConfigSource>['defaults']['thresholds']>;

const WIDTH = 8;
const HEIGHT = 7;
const ACROSS = 24 / WIDTH;

const units: Record<View['unit'], string> = {
  seconds: 's',
  bytes: 'bytes',
  share: 'percentunit',
  requests: 'reqps',
  events: 'short',
  rows: 'short',
  jobs: 'short',
  people: 'short',
  count: 'short',
};

interface Position {
  x: number;
  y: number;
  w: number;
  h: number;
}

/** Green, then the levels' colours, so that a glance shows what the pager would say. */
function thresholds({ levels }: View): Thresholds {
  if (!levels) return { mode: 'absolute', steps: [{ color: 'blue', value: null }] };
  const { warning, critical, below } = levels;
  const bad = [
    ...(warning === undefined ? [] : [{ color: 'orange', value: warning }]),
    ...(critical === undefined ? [] : [{ color: 'red', value: critical }]),
  ];
  if (!below) return { mode: 'absolute', steps: [{ color: 'green', value: null }, ...bad] };
  // Low values are the bad ones: each colour ends where the next level begins.
  const [last, ...before] = bad.toReversed();
  const steps = [...before, { color: 'green', value: bad[0]?.value ?? 0 }].map(({ color }, index) => ({
    color,
    value: bad.toReversed()[index]?.value ?? 0,
  }));
  return { mode: 'absolute', steps: [{ color: last?.color ?? 'red', value: null }, ...steps] };
}

/** The worst five processes of each role by one figure: a hundred lines show nothing. */
const WORST = 5;

function queryOf(line: readonly [string, Metric], view: View): string {
  const query = promql(line, view, '$__rate_interval');
  if (line[1].across !== 'each') return query;
  return `${view.levels?.below ? 'bottomk' : 'topk'} by (job) (${WORST}, ${query})`;
}

function legendOf(each: boolean): Json<NonNullable<Panel['options']>> {
  if (!each) return { displayMode: 'list', placement: 'bottom' };
  return { displayMode: 'table', placement: 'bottom', calcs: ['max'], sortBy: 'Max', sortDesc: true };
}

function panel(line: readonly [string, Metric], view: View, id: number, gridPos: Position): Json<Panel> {
  const { read, title, unit, normal } = view;
  const by = 'by' in read ? read.by : undefined;
  const each = line[1].across === 'each';
  const legend = each ? `{{instance}}${by ? ` {{${by}}}` : ''}` : by ? `{{${by}}}` : title;
  const usual = typeof normal === 'string' ? normal : `${normal[0]} to ${normal[1]}`;
  return {
    id,
    type: 'timeseries',
    title,
    description: `${line[1].means}\n\nUsual: ${usual}.`,
    datasource: { type: 'prometheus', uid: '${source}' },
    gridPos,
    fieldConfig: {
      defaults: {
        unit: units[unit],
        min: 0,
        thresholds: thresholds(view),
        custom: {
          fillOpacity: 10,
          lineWidth: 1,
          showPoints: 'never',
          thresholdsStyle: { mode: view.levels ? 'dashed' : 'off' },
        },
      },
      overrides: [],
    },
    options: { legend: legendOf(each), tooltip: { mode: 'multi' } },
    targets: [{ refId: 'A', expr: queryOf(line, view), legendFormat: legend }],
  };
}

/** The dashboard: a row for each part of the catalogue, a panel for each of its views. */
export function dashboard(): string {
  const panels: Json<Panel | RowPanel>[] = [];
  let y = 0;
  const parts = [...new Set(metrics.map(([, { part }]) => part))] satisfies Part[];
  for (const part of parts) {
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title: part,
      collapsed: false,
      gridPos: { x: 0, y, w: 24, h: 1 },
      panels: [],
    });
    y += 1;
    const views = metrics
      .filter(([, metric]) => metric.part === part)
      .flatMap((line) => Object.values(line[1].shows).map((view) => ({ line, view })));
    for (const [index, { line, view }] of views.entries()) {
      const position = {
        x: (index % ACROSS) * WIDTH,
        y: y + Math.floor(index / ACROSS) * HEIGHT,
        w: WIDTH,
        h: HEIGHT,
      };
      panels.push(panel(line, view, panels.length + 1, position));
    }
    y += Math.ceil(views.length / ACROSS) * HEIGHT;
  }
  const source = {
    name: 'source',
    label: 'Prometheus',
    type: 'datasource' as const,
    query: 'prometheus',
  };
  const document: Json<Dashboard> = {
    uid: 'narwhal',
    title: 'Narwhal',
    tags: ['narwhal'],
    schemaVersion: 39,
    editable: true,
    refresh: '10s',
    time: { from: 'now-3h', to: 'now' },
    templating: { list: [source] },
    panels,
  };
  return `${JSON.stringify(document, null, 1)}\n`;
}
