import type { IncomingMessage } from 'node:http';
import {
  mergeScrapes,
  METRICS_TYPE,
  parseScrape,
  scrapeText,
  type OperationsAnswer,
  type Scrape,
} from '@app/platform';
import { pagePolicy, reportPage } from './page.js';
import type { Watch } from './watch.js';

/** How long one process has to return its metrics, in milliseconds. */
const PATIENCE = 2_000;

async function scrape(address: string): Promise<Scrape | null> {
  try {
    const response = await fetch(`http://${address}/metrics`, { signal: AbortSignal.timeout(PATIENCE) });
    return response.ok ? parseScrape(await response.text()) : null;
  } catch {
    return null;
  }
}

/** The merged metrics of all living processes that are reachable from here. */
async function mergedMetrics(watch: Watch): Promise<string> {
  const asked = watch.living.map(async ({ kind, host, pid, metrics }) => {
    const found = await scrape(metrics);
    return found ? [[`${kind}@${host}:${pid}`, found] as const] : [];
  });
  return scrapeText(mergeScrapes(new Map((await Promise.all(asked)).flat())));
}

/**
 * The further pages of the operators' listener: `/health`, the report of /admin/health without a token, since everyone who
 * reaches this listener may read it; `/metrics/all`, the merged metrics of all processes.
 */
export function operationsPages(
  watch: Watch,
): Record<string, (request: IncomingMessage) => Promise<OperationsAnswer>> {
  return {
    '/health': async ({ headers, url = '' }) => {
      const report = await watch.report();
      if (!/\btext\/html\b/.test(headers.accept ?? ''))
        return { status: 200, type: 'application/json', body: JSON.stringify(report) };
      return {
        status: 200,
        type: 'text/html; charset=utf-8',
        body: reportPage(report, url),
        headers: { 'content-security-policy': pagePolicy },
      };
    },
    '/metrics/all': async () => ({ status: 200, type: METRICS_TYPE, body: await mergedMetrics(watch) }),
  };
}
