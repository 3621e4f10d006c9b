import type { HealthReport, StoreName } from '@app/platform';
import type { Dependencies, Part } from './dependencies.js';
import { works } from './sight.js';

/** Why a process should get requests, or not; docs/health.md has the table. */
export type Status = 'ready' | 'degraded' | 'draining' | 'schema_behind' | 'cut_off' | 'isolated';

type Parts = Partial<Record<StoreName, Part>>;

/** The stores without which another process serves better, if that one has them. */
const wanted = ['database', 'redis', 'objects'] as const;

/**
 * The status for a balancer. 503 means "another one can do this and I cannot": it drains, its schema is behind, or it alone has
 * lost a store. A store that everybody has lost means *degraded*, 200: a pool that empties itself over a blip of a store makes
 * an outage of it. Without PostgreSQL and Redis the other processes cannot be consulted, and nothing can be served: 503.
 */
export function statusOf(parts: Parts, behind: readonly string[]): Status {
  if (behind.length > 0) return 'schema_behind';
  if (parts.database?.state === 'down' && parts.redis?.state === 'down') return 'isolated';
  if (wanted.some((name) => parts[name]?.reach === 'only_this_process')) return 'cut_off';
  return Object.values(parts).some(({ state }) => state !== 'ok') ? 'degraded' : 'ready';
}

/** The answer of /health/ready: it contains no address and no reason, since the public may read it. */
export async function readiness(dependencies: Dependencies): Promise<HealthReport & { status: Status }> {
  const parts = await dependencies.parts();
  const status = statusOf(parts, dependencies.behind);
  const shown = Object.entries(parts).map(([name, { state, milliseconds, reach }]) => [
    name,
    { state, milliseconds, ...(works(state) ? {} : { reach }) },
  ]);
  return {
    ok: status === 'ready' || status === 'degraded',
    status,
    parts: Object.fromEntries(shown) as object,
  };
}
