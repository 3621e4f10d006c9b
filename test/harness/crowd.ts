import { randomBytes } from 'node:crypto';
import type { Session, User } from './contract.js';
import { Person } from './people.js';
import type { Stack } from './stack.js';

/** $1 the prefix of their names, $2 their number, $3 the secret of their refresh tokens. */
const sql = `WITH made AS (
    INSERT INTO users (shard, id, username, email, password_hash)
    SELECT shard_of(n.id), n.id, $1 || n.number, $1 || n.number || '@example.org', ''
    FROM (SELECT number, next_id(floor(random() * 8192)::int) AS id FROM generate_series(1, $2::int) AS number) n
    RETURNING shard, id, username, email),
  named AS (INSERT INTO usernames (username, user_id) SELECT username, id FROM made),
  reached AS (INSERT INTO emails (email, user_id) SELECT email, id FROM made),
  signed AS (INSERT INTO sessions (shard, id, user_id) SELECT shard, next_id(shard), id FROM made RETURNING shard, id, user_id),
  refreshed AS (
    INSERT INTO refresh_tokens (shard, session_id, generation, hash) SELECT shard, id, 1, sha256($3::bytea) FROM signed)
  SELECT made.id, made.username, signed.id AS session FROM made JOIN signed ON signed.user_id = made.id ORDER BY made.id`;

/** Many people at once, signed in as after a refresh: hashing a thousand passwords would take half a minute. */
export async function crowd(stack: Stack, name: string, count: number): Promise<Person[]> {
  const secret = randomBytes(32);
  const rows = await stack.database.query<{ id: string; username: string; session: string }>(sql, [
    name,
    count,
    secret,
  ]);
  return inTurns(rows, 32, async ({ id, username, session }) => {
    const refreshToken = `${session}.${secret.toString('base64url')}`;
    const response = await fetch(`${stack.url}/v1/sessions/refresh`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ refreshToken }),
    });
    if (response.status !== 200)
      throw new Error(`expected ${username} to be signed in but received ${await response.text()}`);
    const { session: fresh } = (await response.json()) as { session: Session };
    return new Person(stack, { id, username } as User, fresh);
  });
}

/** Does the same for many things, `width` of them at a time. */
export async function inTurns<Thing, Result>(
  things: readonly Thing[],
  width: number,
  work: (thing: Thing) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const lane = async () => {
    for (let at = next++; at < things.length; at = next++) results[at] = await work(things[at] as Thing);
  };
  await Promise.all(Array.from({ length: width }, lane));
  return results;
}
