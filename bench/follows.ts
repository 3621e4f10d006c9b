import { withClient } from '../tools/dev/postgres.ts';
import { besidePgbench } from './beside-pgbench.ts';
import { signUpAll, startApi, type Fixtures } from './fixtures.ts';

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

export async function run(fixtures: Fixtures): Promise<void> {
  const api = await startApi(fixtures);
  const people = await signUpAll(api, 'fan', PEOPLE);
  await withClient(api.databaseUrl, (client) => client.query(celebrities, [CELEBRITIES]));
  await withClient(api.databaseUrl, (client) => client.query('ANALYZE'));
  const things = `users WHERE username LIKE 'star%'`;
  const path = ['/v1/users/', '/follow'] as const;
  const ratio = await besidePgbench(api, { table: 'follows', things, rows, people, path, stride: 0 });
  console.log(`\nfollows: ratio ${ratio.toFixed(2)} (goal ${GOAL.toFixed(2)})`);
}
