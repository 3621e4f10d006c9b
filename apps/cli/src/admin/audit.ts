import { AuditRows, instanceId, type AuditEvent, type Database, type UserRows } from '@app/storage/database';

/** Shown at once; the table has everything of a year. */
const SHOWN = 200;

/** The newest events, of everybody or of one person, a line each and the newest last: a terminal shows its end. */
export async function auditText(database: Database, users: UserRows, userId: string | null): Promise<string> {
  const events =
    userId === null
      ? await database.list<AuditEvent>(
          'audit.newest',
          `SELECT * FROM audit_events ORDER BY happened_at DESC, id DESC LIMIT $1`,
          [SHOWN],
        )
      : await new AuditRows(database).of(userId, { limit: SHOWN, before: null, after: null });
  if (events.length === 0) return 'nothing happened within the last year';
  const ids = events.flatMap(({ user_id, actor_id }) =>
    actor_id === null ? [user_id] : [user_id, actor_id],
  );
  const people = await users.findMany(ids);
  const nameOf = (id: string) => (id === instanceId ? 'the instance' : (people.get(id)?.username ?? id));
  return events
    .toReversed()
    .map(({ happened_at, kind, user_id, actor_id, address, params }) => {
      const by = actor_id === null ? 'Narwhal or an operator' : nameOf(actor_id);
      const from = address === null ? '' : ` from ${address}`;
      const more = Object.keys(params).length === 0 ? '' : ` ${JSON.stringify(params)}`;
      return `${happened_at.toISOString()} ${kind} of ${nameOf(user_id)} by ${by}${from}${more}`;
    })
    .join('\n');
}
