import { userInfo } from 'node:os';
import { forgetSessions } from '@app/feed';
import {
  databaseFault,
  invitationCode,
  limits,
  mailSecrets,
  readArgumentsOrExit,
  readDirectUrl,
  operatorToken,
  readLinkSettings,
  readRedisUrl,
  signedQuery,
  UsageError,
} from '@app/platform';
import {
  AuditRows,
  Database,
  InvitationRows,
  MailRows,
  mayReturn,
  nowhere,
  openDataSource,
  OutboxRows,
  type Queryable,
  SearchWords,
  UserRows,
} from '@app/storage/database';
import { adminLine } from '../command-lines.js';
import { Refused, told } from '../refused.js';
import { auditText } from './audit.js';
import { decide, reasonOf, waitingText } from './registrations.js';
import { removeSecondFactor } from './second-factor.js';

type Role = 'admin' | 'person' | 'synthetic';

async function userIdOf(users: UserRows, username: string): Promise<string> {
  const userId = await users.idOf('username', username);
  if (userId === null) throw new Refused(`expected a username of this instance but received "${username}"`);
  return userId;
}

async function setRole(tx: Queryable, audit: AuditRows, userId: string, role: Role): Promise<void> {
  await tx.query('admin.role', `UPDATE users SET role = $2 WHERE shard = shard_of($1::bigint) AND id = $1`, [
    userId,
    role,
  ]);
  await audit.record(tx, 'role.changed', userId, nowhere, {
    actorId: null,
    role,
    operator: userInfo().username,
  });
}

/** Hides an account from every list: a private account without followers appears in none. */
async function hide(tx: Queryable, userId: string): Promise<void> {
  await tx.query(
    'admin.hide',
    `UPDATE users SET private = true WHERE shard = shard_of($1::bigint) AND id = $1`,
    [userId],
  );
}

async function endSessions(tx: Queryable, outbox: OutboxRows, userId: string): Promise<string[]> {
  const ended = await tx.values<string>(
    'admin.end_sessions',
    `UPDATE sessions SET ended_at = now() WHERE shard = shard_of($1::bigint) AND user_id = $1 AND ended_at IS NULL RETURNING id`,
    [userId],
  );
  await outbox.write(tx, 'session.ended', ended);
  return ended;
}

/** A browser sends no token, so this link opens the health page to anybody who has the instance's keys. */
export function healthLink({ TOKEN_KEYS, publicUrl } = readLinkSettings(), now = Date.now()): string {
  const path = '/admin/health';
  return `${publicUrl}${path}${signedQuery(path, TOKEN_KEYS, now)}`;
}

/** The same for the mails that a worker here writes into files. */
export function mailLink(
  { TOKEN_KEYS, WORKER_METRICS_ADDR: { host, port } } = readLinkSettings(),
  now = Date.now(),
): string {
  const here = host === '0.0.0.0' ? '127.0.0.1' : host;
  return `http://${here}:${port}/mail${signedQuery('/mail', TOKEN_KEYS, now)}`;
}

/** A link that replaces somebody's password: for an operator to hand over, where no mail arrives. */
async function resetLink(
  database: Database,
  users: UserRows,
  { userId }: { userId: string },
): Promise<string> {
  const { TOKEN_KEYS, publicUrl } = readLinkSettings();
  const { validFor: seconds } = limits.passwordReset;
  const id = await database.transaction(async (tx) => {
    const user = await users.lock(tx, userId);
    if (!user || !mayReturn(user)) throw new Refused('expected an account that is not erased');
    await new AuditRows(database).record(tx, 'password.reset_link', userId, nowhere, {
      actorId: null,
      operator: userInfo().username,
    });
    return new MailRows(database).insert(tx, user, { kind: 'reset', address: null, locale: 'en', seconds });
  });
  return `${publicUrl}/account/reset?token=${mailSecrets(TOKEN_KEYS, 'reset', id).token}`;
}

/** What helps somebody who cannot sign in. */
const helps: Record<string, typeof removeSecondFactor> = {
  'reset-password': resetLink,
  'remove-second-factor': removeSecondFactor,
};

/** A link that lets one person in, also where an admin would have to: the first one of an instance that asks for invitations. */
async function inviteLink(database: Database): Promise<string> {
  const { TOKEN_KEYS, publicUrl } = readLinkSettings();
  const { id } = await new InvitationRows(database).insert(database, null, 1, limits.invitation.validFor);
  return `${publicUrl}/invite?code=${invitationCode(TOKEN_KEYS, id)}`;
}

/** Commands that name nobody. */
const nameless: Record<string, (database: Database) => Promise<string>> = {
  invite: inviteLink,
  registrations: waitingText,
};

/** The role that each command gives. */
const roles: Record<string, Role> = { grant: 'admin', revoke: 'person', synthetic: 'synthetic' };

const LATER =
  'Redis did not answer: API processes notice once a worker runs and reaches it, or after 15 minutes';

/** Gives a role, and ends the person's sessions where it takes rights. Returns the message for the operator. */
async function changeRole(
  database: Database,
  { userId, username }: { userId: string; username: string },
  role: Role,
  redisUrl: () => string,
): Promise<string> {
  if (role === 'admin') {
    await database.transaction((tx) => setRole(tx, new AuditRows(database), userId, role));
    return `${username} is an admin`;
  }
  // A setting that is missing is told before anything is changed.
  const redis = redisUrl();
  const ended = await database.transaction(async (tx) => {
    await setRole(tx, new AuditRows(database), userId, role);
    if (role === 'synthetic') await hide(tx, userId);
    await new SearchWords().replace(tx, userId);
    // A role that grants is read at each request; the cached look-ups say whether an account is synthetic.
    return endSessions(tx, new OutboxRows(database), userId);
  });
  const isKnown = ended.length === 0 || (await forgetSessions(redis, database, ended));
  const everywhere = isKnown ? 'was signed out everywhere' : `is signed out everywhere. ${LATER}`;
  if (role === 'person') return `${username} is a person like all others, and ${everywhere}`;
  return `${username} is synthetic: private, found by nobody, counted nowhere; and ${everywhere}`;
}

/** What each command decides about somebody who waits. */
const decisions: Record<string, 'approved' | 'refused'> = { approve: 'approved', refuse: 'refused' };

function isKnown([command = '', name]: readonly string[], reason: string | undefined): boolean {
  if (reason !== undefined && command !== 'refuse') return false;
  if (command === 'audit') return true;
  if (Object.hasOwn(nameless, command)) return name === undefined;
  return [roles, helps, decisions].some((commands) => Object.hasOwn(commands, command)) && Boolean(name);
}

interface AdminOptions {
  /** Why somebody is refused. */
  reason?: string | undefined;
  redisUrl?: () => string;
}

const entryOf = <Entry>(table: Record<string, Entry>, command: string): Entry | undefined =>
  Object.hasOwn(table, command) ? table[command] : undefined;

async function carryOut(
  database: Database,
  [command = '', name = '']: readonly string[],
  { reason, redisUrl = readRedisUrl }: AdminOptions,
): Promise<string> {
  const username = name.toLowerCase();
  const ofNobody = entryOf(nameless, command);
  if (ofNobody) return ofNobody(database);
  const state = entryOf(decisions, command);
  if (state) return decide(database, username, { state, reason: reasonOf(reason) });
  const users = new UserRows(database, new SearchWords());
  const userId = username ? await userIdOf(users, username) : null;
  const [help, role] = [entryOf(helps, command), entryOf(roles, command)];
  if (userId !== null && help) return help(database, users, { userId, username });
  if (role === undefined || userId === null) return auditText(database, users, userId);
  return changeRole(database, { userId, username }, role, redisUrl);
}

/** Runs `npm run admin`: the first admin is created here, never over HTTP. Returns the message for the operator. */
export async function admin(
  url: string,
  words: readonly string[],
  options: AdminOptions = {},
): Promise<string> {
  if (!isKnown(words, options.reason))
    throw new UsageError(`expected one of these but received "${words.join(' ')}"\n\n${adminLine.usage}`);
  const source = await openDataSource({ url, name: 'narwhal-admin' }).catch((error: unknown) => {
    throw new Refused(databaseFault(error, url).text);
  });
  try {
    return await carryOut(new Database(source), words, options);
  } finally {
    await source.destroy();
  }
}

/** Commands that need only the instance's keys. */
const made: Record<string, () => string> = {
  'health-link': () => healthLink(),
  'mail-link': () => mailLink(),
  'operator-token': () => operatorToken(readLinkSettings().TOKEN_KEYS),
};

/** Returns an exit code. */
export async function run(args: readonly string[]): Promise<number> {
  const { words, values } = readArgumentsOrExit(args, adminLine);
  return told(async () => {
    const [command] = words;
    const own = words.length === 1 && command ? entryOf(made, command) : undefined;
    process.stdout.write(`${own ? own() : await admin(readDirectUrl(), words, values)}\n`);
    return 0;
  });
}
