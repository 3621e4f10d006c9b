import pg from 'pg';
import { besidePgbench } from './beside-pgbench.ts';
import { signUp, Fixtures, startApi } from './fixtures.ts';

/**
 * Follows a second of one celebrity through the whole api: token, both accounts' and the pair's lock, the rules, both ends,
 * both counts, the update of Redis. Its floor: pgbench at the same concurrency, inserting the same rows in one transaction.
 */
const GOAL = 0.4;
const PEOPLE = 64;
const CELEBRITIES = 1_600;

/** Ids have no foreign keys, so made-up ones cost the same. */
const rows = `\\set user random(1, 1000000000000000)
BEGIN;
INSERT INTO follows (shard, follower_id, followee_id, id) VALUES (shard_of(:user), :user, 1, next_id(shard_of(:user))) ON CONFLICT DO NOTHING;
INSERT INTO followers (shard, followee_id, follower_id, id) VALUES (0, 1, :user, next_id(0)) ON CONFLICT DO NOTHING;
INSERT INTO count_deltas (shard, subject_id, counter, delta) VALUES (shard_of(:user), :user, 'user.following', 1), (0, 1, 'user.followers', 1);
INSERT INTO outbox (shard, id, kind, subject_id) VALUES
  (0, next_id(0), 'notify.follows', 1), (shard_of(:user), next_id(shard_of(:user)), 'relations.changed', :user) RETURNING id;
COMMIT;
`;

const celebrities = `
  INSERT INTO users (shard, id, username, email, password_hash)
  SELECT shard_of(id), id, 'star' || n, 'star' || n || '@example.org', ''
  FROM generate_series(1, $1::int) n, next_id(n % 8192) AS id`;

/** For wrk: everybody follows one celebrity, then the next one, even across restarts. */
const requests = (
  people: readonly { headers: Record<string, string> }[],
  stars: readonly string[],
  from: number,
): string => `
local tokens = {${people.map(({ headers }) => `'${headers['authorization']}'`).join(', ')}}
local stars = {${stars.map((star) => `'${star}'`).join(', ')}}
local turn = ${from}
function request()
  local token, star = tokens[turn % #tokens + 1], stars[math.floor(turn / #tokens) % #stars + 1]
  turn = turn + 1
  return wrk.format('PUT', '/v1/users/' .. star .. '/follow', { ['Authorization'] = token })
end
`;

async function measure(fixtures: Fixtures): Promise<number> {
  const api = await startApi(fixtures);
  const people: Awaited<ReturnType<typeof signUp>>[] = [];
  for (let number = 1; number <= PEOPLE; number += 1) people.push(await signUp(api, `fan${number}`));
  const client = new pg.Client({ connectionString: api.databaseUrl });
  await client.connect();
  await client.query(celebrities, [CELEBRITIES]);
  await client.query('ANALYZE');
  await client.end();
  return besidePgbench(api, {
    table: 'follows',
    things: `users WHERE username LIKE 'star%'`,
    rows,
    requests: (stars, from) => requests(people, stars, from),
  });
}

export async function run(): Promise<void> {
  const fixtures = new Fixtures();
  try {
    const ratio = await measure(fixtures);
    console.log(`\nfollows: ratio ${ratio.toFixed(2)} (goal ${GOAL.toFixed(2)})`);
  } finally {
    await fixtures.close();
  }
}
