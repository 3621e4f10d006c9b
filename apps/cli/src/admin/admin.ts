import {
  ConfigError,
  databaseFault,
  exitForUsage,
  limits,
  readArgumentsOrExit,
  readDirectUrl,
  readLinkSettings,
  signedQuery,
  UsageError,
} from '@app/platform';
import { openDataSource, Database, type Queryable, OutboxRows, SearchWords } from '@app/storage/database';
import { adminLine } from '../command-lines.js';

/** Shown to the operator as it is, without a stack. */
class Refused extends Error {}

async function setRole(
  tx: Queryable,
  username: string,
  role: 'admin' | 'person' | 'synthetic',
): Promise<string> {
  const { rows } = await tx.query<{ id: string }>(
    'admin.role',
    `UPDATE users SET role = $2 FROM usernames n
     WHERE n.username = $1 AND users.shard = shard_of(n.user_id) AND users.id = n.user_id AND users.closed_at IS NULL
     RETURNING users.id`,
    [username, role],
  );
  const [user] = rows;
  if (!user) throw new Refused(`expected a username of this instance but received "${username}"`);
  return user.id;
}

/** Hides an account from every list: a private account without followers appears in none. */
async function hide(tx: Queryable, userId: string): Promise<void> {
  await tx.query(
    'admin.hide',
    `UPDATE users SET private = true WHERE shard = shard_of($1::bigint) AND id = $1`,
    [userId],
  );
}

async function endSessions(tx: Queryable, outbox: OutboxRows, userId: string): Promise<void> {
  const { rows } = await tx.query<{ id: string }>(
    'admin.end_sessions',
    `UPDATE sessions SET ended_at = now() WHERE shard = shard_of($1::bigint) AND user_id = $1 AND ended_at IS NULL RETURNING id`,
    [userId],
  );
  await outbox.write(
    tx,
    'session.ended',
    rows.map(({ id }) => id),
  );
}

/** A browser sends no token, so this link opens the health page to anybody who has the instance's keys. */
export function healthLink({ TOKEN_KEYS, publicUrl } = readLinkSettings(), now = Date.now()): string {
  const path = '/admin/health';
  return `${publicUrl}${path}${signedQuery(path, TOKEN_KEYS, now)}`;
}

/** Runs `npm run admin`: the first admin is created here, never over HTTP. Returns the message for the operator. */
export async function admin(url: string, words: readonly string[]): Promise<string> {
  const [command, name = ''] = words;
  const username = name.toLowerCase();
  if (!username || !['grant', 'revoke', 'synthetic'].includes(command ?? ''))
    throw new UsageError(`expected one of these but received "${words.join(' ')}"\n\n${adminLine.usage}`);
  const source = await openDataSource({ url, name: 'narwhal-admin' }).catch((error: unknown) => {
    throw new Refused(databaseFault(error, url).text);
  });
  try {
    const database = new Database(source);
    if (command === 'grant') {
      await setRole(database, username, 'admin');
      const minutes = limits.session.accessToken / 60;
      return `${username} is an admin: at once after signing in again, within ${minutes} minutes otherwise`;
    }
    await database.transaction(async (tx) => {
      const userId = await setRole(tx, username, command === 'revoke' ? 'person' : 'synthetic');
      if (command === 'synthetic') await hide(tx, userId);
      await new SearchWords().replace(tx, userId);
      // The cached session look-ups contain the role; ending the sessions removes it now.
      await endSessions(tx, new OutboxRows(database), userId);
    });
    if (command === 'revoke') return `${username} is a person like all others, and was signed out everywhere`;
    return `${username} is synthetic: private, found by nobody, counted nowhere; and was signed out everywhere`;
  } finally {
    await source.destroy();
  }
}

/** Returns an exit code. */
export async function run(args: readonly string[]): Promise<number> {
  const { words } = readArgumentsOrExit(args, adminLine);
  try {
    const asksForLink = words[0] === 'health-link' && words.length === 1;
    process.stdout.write(`${asksForLink ? healthLink() : await admin(readDirectUrl(), words)}\n`);
    return 0;
  } catch (error) {
    if (error instanceof UsageError) exitForUsage(error);
    const expected = error instanceof Refused || error instanceof ConfigError;
    process.stderr.write(
      `${expected ? error.message : String(error instanceof Error ? error.stack : error)}\n`,
    );
    return 1;
  }
}
