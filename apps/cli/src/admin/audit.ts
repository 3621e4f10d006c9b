import type { AuditEvent, Database } from '@app/storage/database';

/** Shown at once; the table has everything of a year. */
const SHOWN = 200;

/** The newest events, of everybody or of one person, a line each and the newest last: a terminal shows its end. */
export async function auditText(database: Database, userId: string | null): Promise<string> {
  const events = await database.list<AuditEvent & { username: string | null; actor: string | null }>(
    'audit.newest',
    `SELECT e.*, u.username, a.username AS actor
     FROM (SELECT * FROM audit_events WHERE $1::bigint IS NULL OR (shard = shard_of($1) AND user_id = $1)
           ORDER BY happened_at DESC, id DESC LIMIT ${SHOWN}) e
     LEFT JOIN users u ON u.shard = e.shard AND u.id = e.user_id
     LEFT JOIN users a ON a.shard = shard_of(e.actor_id) AND a.id = e.actor_id
     ORDER BY e.happened_at, e.id`,
    [userId],
  );
  if (events.length === 0) return 'nothing happened within the last year';
  return events
    .map((event) => {
      const by = event.actor_id === null ? 'Narwhal or an operator' : (event.actor ?? event.actor_id);
      const from = event.address === null ? '' : ` from ${event.address}`;
      const more = Object.keys(event.params).length === 0 ? '' : ` ${JSON.stringify(event.params)}`;
      return `${event.happened_at.toISOString()} ${event.kind} of ${event.username ?? event.user_id} by ${by}${from}${more}`;
    })
    .join('\n');
}
