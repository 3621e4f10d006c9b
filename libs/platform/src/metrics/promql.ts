import type { Metric, Reading, View, Where } from './entry.js';

function selector(name: string, where: Where = {}): string {
  const parts = Object.entries(where).map(([label, pattern]) => `${label}=~"${pattern}"`);
  return parts.length > 0 ? `${name}{${parts.join(',')}}` : name;
}

const byClause = (labels: readonly (string | undefined)[]): string => {
  const names = labels.filter(Boolean);
  return names.length > 0 ? ` by (${names.join(', ')})` : '';
};

function gaugeQuery(name: string, { across }: Metric, { where, by }: { where?: Where; by?: string }): string {
  if (across === 'each') return selector(name, where);
  return `${across === 'same' ? 'max' : 'sum'}${byClause([by])} (${selector(name, where)})`;
}

/** A share or a quantile of a handful of events means nothing: then the query returns nothing. */
function ifMany(query: string, of: string, atLeast: number | undefined, window: string): string {
  return atLeast === undefined
    ? query
    : `(${query}) and on () (sum(increase(${of}[${window}])) >= ${atLeast})`;
}

/** A view in PromQL; `window` is the range of rates, such as `2m`. */
export function promql([name, metric]: readonly [string, Metric], { read }: View, window: string): string {
  const series = metric.kind === 'histogram' ? `${name}_count` : name;
  return queryOf(name, series, metric, read, window);
}

function queryOf(name: string, series: string, metric: Metric, read: Reading, window: string): string {
  switch (read.as) {
    case 'rate': {
      const each = `rate(${selector(series, read.where)}[${window}])`;
      const shared = metric.across === 'same' ? 'max' : 'sum';
      return `${shared}${byClause([read.by])} (${each})${read.per === 'minute' ? ' * 60' : ''}`;
    }
    case 'share': {
      const rate = (where?: Where) => `sum(rate(${selector(series, where)}[${window}]))`;
      // Absent means none: a route that never failed has no series of failures.
      const part = `(${rate(read.where)} or vector(0))`;
      return ifMany(`${part} / ${rate(read.of)}`, selector(series, read.of), read.atLeast, window);
    }
    case 'quantile': {
      const rate = `rate(${selector(`${name}_bucket`, read.where)}[${window}])`;
      const query = `histogram_quantile(${read.q}, sum${byClause(['le', read.by])} (${rate}))`;
      return ifMany(query, selector(series, read.where), read.atLeast, window);
    }
    case 'value':
      return gaugeQuery(name, metric, read);
    case 'until':
      return `${name} - time()`;
  }
}
