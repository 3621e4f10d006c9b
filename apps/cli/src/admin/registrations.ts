import { userInfo } from 'node:os';
import { forbidden, limits, Problem, storedForm } from '@app/platform';
import { Letters, RegistrationMails, Registrations, type Decision } from '@app/domain';
import {
  AuditRows,
  EmailRows,
  ErasureRows,
  MailRows,
  nowhere,
  QuotaRows,
  RegistrationRows,
  SearchWords,
  unitOfWorkWithoutQueue,
  UserRows,
  type Database,
} from '@app/storage/database';
import { Refused } from '../refused.js';

/** Shown at once, the oldest; deciding on them shows the next. */
const SHOWN = 200;

/** Those who wait for an admin, a line each and the oldest first: since when, id, username, address and who invited them. */
export async function waitingText(database: Database): Promise<string> {
  const words = new SearchWords();
  const page = { limit: SHOWN + 1, before: null, after: null };
  const waiting = await new RegistrationRows(database, words).page(page);
  if (waiting.length === 0) return 'nobody waits';
  const inviters = await new UserRows(database, words).findMany(
    waiting.flatMap(({ invited_by }) => invited_by ?? []),
  );
  const lines = waiting.slice(0, SHOWN).map(({ id, username, email, invited_by, created_at }) => {
    const inviter = invited_by === null ? undefined : inviters.get(invited_by)?.username;
    return `${created_at.toISOString()} ${id} ${username} ${email}${inviter ? ` invited by ${inviter}` : ''}`;
  });
  if (waiting.length > SHOWN) lines.push(`These are the oldest ${SHOWN}: others wait, too.`);
  return lines.join('\n');
}

/** The reason that a refused person is told, under the rules of the API. */
export function reasonOf(given = ''): string {
  const { reason: most } = limits.registration;
  const reason = storedForm(given);
  if (forbidden.test(given) || [...reason].length > most)
    throw new Refused(`expected a reason of at most ${most} characters, none of them a control character`);
  return reason;
}

/** Lets in or refuses somebody who waits, as an admin does over HTTP. Returns the message for the operator. */
export async function decide(database: Database, username: string, decision: Decision): Promise<string> {
  const words = new SearchWords();
  const rows = new RegistrationRows(database, words);
  const notWaiting = () =>
    new Refused(`expected the username of somebody who waits but received "${username}"`);
  const waiting = await rows.named(database, username);
  if (!waiting) throw notWaiting();
  const registrations = new Registrations(
    rows,
    new UserRows(database, words),
    new RegistrationMails(new Letters(new EmailRows(database), new MailRows(database))),
    new ErasureRows(database, new QuotaRows(database)),
    new AuditRows(database),
    unitOfWorkWithoutQueue(database),
  );
  const by = { operator: userInfo().username };
  await registrations.decide(waiting.id, decision, by, nowhere).catch((error: unknown) => {
    // An admin decided meanwhile.
    throw error instanceof Problem ? notWaiting() : error;
  });
  if (decision.state === 'approved') return `${username} has an account now. A mail tells them.`;
  return `The sign-up of ${username} is refused, and deleted. A mail tells them.`;
}
