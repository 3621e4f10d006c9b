import type { Metric } from './entry.js';
import { backupMetrics } from './catalogue/backups.js';
import { laterWork } from './catalogue/later-work.js';
import { processes } from './catalogue/processes.js';
import { product } from './catalogue/product.js';
import { requests } from './catalogue/requests.js';
import { storeMetrics } from './catalogue/stores.js';
import { watching } from './catalogue/watching.js';

/**
 * Every metric of Narwhal, in one table: the source of /metrics, Munin's graphs, the alerts, the dashboard and docs/metrics.md.
 * Labels have few values, fixed in the code: never a client's path, id or agent.
 */
export const catalogue = {
  ...product,
  ...requests,
  ...laterWork,
  ...storeMetrics,
  ...backupMetrics,
  ...processes,
  ...watching,
} as const satisfies Record<string, Metric>;

export type Catalogue = typeof catalogue;
export type MetricName = keyof Catalogue;
export type Named<Kind extends Metric['kind']> = {
  [Name in MetricName]: Catalogue[Name]['kind'] extends Kind ? Name : never;
}[MetricName];

/** The catalogue as plain rows. */
export const metrics: readonly (readonly [name: string, metric: Metric])[] =
  Object.entries<Metric>(catalogue);
