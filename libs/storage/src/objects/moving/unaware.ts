import type { Queryable } from '../../database/queryable.js';
import type { StoreKind } from '../object-store.js';

/** Seconds: five heartbeats. A process that is silent for longer reads its settings when it starts again. */
const LIVING = 10;

/** Live processes whose settings lack a store: they could not read what moves there. */
export async function unaware(database: Queryable, store: StoreKind): Promise<string[]> {
  const { rows } = await database.query<{ kind: string; host: string; pid: string }>(
    'moving.unaware',
    `SELECT kind, facts->>'host' AS host, facts->>'pid' AS pid FROM heartbeats
     WHERE beaten_at > clock_timestamp() - make_interval(secs => $1)
       AND NOT coalesce(facts->'objectStores', '[]') @> to_jsonb($2::text) ORDER BY kind, host, pid`,
    [LIVING, store],
  );
  return rows.map(({ kind, host, pid }) => `${kind} ${pid} on ${host}`);
}
