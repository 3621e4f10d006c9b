import {
  inWords,
  metrics,
  runbookOf,
  type Metric,
  type View,
} from '../../libs/platform/src/metrics/index.js';

const across: Record<NonNullable<Metric['across']>, string> = {
  sum: 'adds up',
  same: 'all processes tell the same',
  each: 'of each process',
};

const range = (values: readonly [number, number], unit: View['unit']): string =>
  values[0] === values[1]
    ? inWords(values[0], unit)
    : `${inWords(values[0], unit)} to ${inWords(values[1], unit)}`;

function levelsOf({ levels, unit }: View): [warning: string, critical: string, alert: string] {
  if (!levels) return ['', '', ''];
  const { warning, critical, below, lasting, alert } = levels;
  const shown = (level: number | undefined) =>
    level === undefined ? '' : `${below ? 'below' : 'above'} ${inWords(level, unit)} for ${lasting} s`;
  return [shown(warning), shown(critical), `[${alert}](${runbookOf(alert).replace('docs/', '')})`];
}

function howRead({ read, unit }: View): string {
  switch (read.as) {
    case 'rate':
      return `${unit} a ${read.per}${read.by ? ` by ${read.by}` : ''}`;
    case 'share':
      return `share of ${Object.values(read.where).join(', ')}`;
    case 'quantile':
      return `${read.q * 100}th percentile${read.by ? ` by ${read.by}` : ''}`;
    case 'until':
      return 'seconds until then';
    case 'value':
      return `${unit}${read.by ? ` by ${read.by}` : ''}`;
  }
}

function section([name, metric]: readonly [string, Metric]): string {
  const labels = Object.entries(metric.labels ?? {}).map(
    ([label, values]) => `\`${label}\` (${typeof values === 'string' ? values : values.join(', ')})`,
  );
  const facts = [
    metric.kind,
    ...(metric.across ? [across[metric.across]] : []),
    ...(metric.from === 'prober' ? ['from the prober outside'] : []),
    ...(labels.length > 0 ? [`labels ${labels.join('; ')}`] : []),
  ];
  const rows = Object.values(metric.shows).map((view) => {
    const usual = typeof view.normal === 'string' ? view.normal : range(view.normal, view.unit);
    return `| ${[view.title, howRead(view), usual, ...levelsOf(view)].join(' | ')} |`;
  });
  return `### \`${name}\`\n\n${metric.means} _${facts.join(' · ')}_\n\n| figure | read as | usual | warning | critical | runbook |\n| --- | --- | --- | --- | --- | --- |\n${rows.join('\n')}\n`;
}

/** docs/metrics.md. */
export function metricsPage(): string {
  const parts = [...new Set(metrics.map(([, { part }]) => part))];
  const body = parts.map((part) => {
    const lines = metrics.filter(([, metric]) => metric.part === part);
    return `## ${part.charAt(0).toUpperCase()}${part.slice(1)}\n\n${lines.map(section).join('\n')}`;
  });
  return `# Metrics

This page is generated from \`libs/platform/src/metrics\` by \`npm run watching\`; edit the catalogue, not the page.

Every process tells these at \`/metrics\` of its own listener (\`METRICS_ADDR\`, \`WORKER_METRICS_ADDR\`). Scrape each process: counts add up, and what
all share is the same everywhere. Where only one address can be scraped, \`/metrics/all\` of any process asks all the others and answers as one.
Labels take few values, fixed in the code: random paths, methods, agents and ids add no series.

${body.join('\n')}`;
}
