import {
  metrics,
  readView,
  type Metric,
  type Scrape,
  type Interval,
  type View,
} from '../../libs/platform/src/metrics/index.js';

/** One graph: a view of the catalogue. */
export interface Graph {
  /** Munin's name for it. */
  name: string;
  line: readonly [string, Metric];
  view: View;
}

const slug = (text: string): string => text.replace(/[^A-Za-z0-9]+/g, '_').toLowerCase();

/** The parts of the catalogue, each of which is one plugin: `narwhal_product` and so on. */
export const parts: readonly string[] = [
  ...new Set(metrics.filter(([, { from }]) => from !== 'prober').map(([, { part }]) => slug(part))),
];

export function graphsOf(part: string): Graph[] {
  return metrics
    .filter(([, metric]) => slug(metric.part) === part && metric.from !== 'prober')
    .flatMap((line) =>
      Object.entries(line[1].shows).map(([name, view]) => ({ name: `narwhal_${name}`, line, view })),
    );
}

/** A field's name has to begin with a letter and hold letters, digits and underscores. */
const fieldOf = (group: string): string => (group === '' ? 'value' : `f_${slug(group)}`);

/** A graph's groups: those that the catalogue lists, and those in the scrape. */
function groupsOf({ line: [name, metric], view: { read } }: Graph, scrape: Scrape): string[] {
  const by = 'by' in read ? read.by : undefined;
  if (by === undefined && metric.across !== 'each') return [''];
  const listed = by === undefined ? [] : metric.labels?.[by];
  const series = metric.kind === 'histogram' ? `${name}_count` : name;
  const seen = (scrape.get(series) ?? []).map(({ labels }) =>
    [by ? labels[by] : undefined, metric.across === 'each' ? labels['process'] : undefined]
      .filter(Boolean)
      .join(' '),
  );
  const fixed = Array.isArray(listed) && metric.across !== 'each' ? (listed as string[]) : [];
  return [...new Set([...fixed, ...seen])].sort();
}

const vlabel = ({ unit, read }: View): string => (read.as === 'rate' ? `${unit} a ${read.per}` : unit);

/** Munin's thresholds: `:9` is "not above 9", `9:` "not below". */
function thresholds(field: string, { levels }: View): string[] {
  if (!levels) return [];
  const range = (level: number) => (levels.below ? `${level}:` : `:${level}`);
  return [
    ...(levels.warning === undefined ? [] : [`${field}.warning ${range(levels.warning)}`]),
    ...(levels.critical === undefined ? [] : [`${field}.critical ${range(levels.critical)}`]),
  ];
}

function configOf(graph: Graph, scrape: Scrape): string[] {
  const { name, line, view } = graph;
  const groups = groupsOf(graph, scrape);
  const stacked = groups.length > 1 && view.read.as === 'rate';
  const usual = typeof view.normal === 'string' ? view.normal : `${view.normal[0]} to ${view.normal[1]}`;
  return [
    `multigraph ${name}`,
    `graph_title ${view.title}`,
    `graph_vlabel ${vlabel(view)}`,
    `graph_category narwhal_${slug(line[1].part)}`,
    `graph_args --lower-limit 0${view.unit === 'bytes' ? ' --base 1024' : ''}`,
    `graph_info ${line[1].means} Usual: ${usual}.`,
    ...groups.flatMap((group) => {
      const field = fieldOf(group);
      return [
        `${field}.label ${group || view.title}`,
        `${field}.type GAUGE`,
        `${field}.min 0`,
        `${field}.draw ${stacked ? 'AREASTACK' : 'LINE1'}`,
        ...thresholds(field, view),
      ];
    }),
  ];
}

/** An unknown value is `U`: Munin would draw 0 as a real value. */
function valuesOf(graph: Graph, span: Interval | null, scrape: Scrape): string[] {
  const values = span ? readView(span, graph.line, graph.view) : new Map<string, number | null>();
  return groupsOf(graph, scrape).map((group) => {
    const value = values.get(group);
    return `${fieldOf(group)}.value ${value === undefined || value === null || !Number.isFinite(value) ? 'U' : Number(value.toPrecision(6))}`;
  });
}

/** `config`; includes the values where the master supports it (dirty config). */
export function config(part: string, scrape: Scrape, dirty: Interval | null | undefined): string {
  return graphsOf(part)
    .flatMap((graph) => [
      ...configOf(graph, scrape),
      ...(dirty === undefined ? [] : valuesOf(graph, dirty, scrape)),
      '',
    ])
    .join('\n');
}

export function fetchValues(part: string, scrape: Scrape, span: Interval | null): string {
  return graphsOf(part)
    .flatMap((graph) => [`multigraph ${graph.name}`, ...valuesOf(graph, span, scrape), ''])
    .join('\n');
}
