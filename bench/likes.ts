import { besidePgbench } from './beside-pgbench.ts';
import { fillFeed } from './feed-data.ts';
import { signUpAll, startApi, type Fixtures } from './fixtures.ts';

/**
 * Likes a second through the whole api: token, visibility, marks, the transaction that concurrent likes share, the post in
 * the response. Its floor: pgbench at the same concurrency, inserting the same rows in one transaction: the like at both
 * ends, the delta of its count, and the outbox row that notifies its author.
 */
const GOAL = 0.7;
const PEOPLE = 64;

/** Ids have no foreign keys, so made-up ones cost the same; posts are few, as popular ones are. */
const rows = `\\set user random(1, 1000000000000000)
\\set post random(1, 1600)
BEGIN;
SELECT 1 FROM posts WHERE shard = 1 AND id = :post FOR KEY SHARE;
INSERT INTO likes (shard, user_id, post_id, id) VALUES (shard_of(:user), :user, :post, next_id(shard_of(:user))) ON CONFLICT DO NOTHING RETURNING id;
INSERT INTO post_likes (shard, post_id, user_id, id) VALUES (shard_of(:post), :post, :user, next_id(shard_of(:post))) ON CONFLICT DO NOTHING;
INSERT INTO count_deltas (shard, subject_id, counter, delta) VALUES (shard_of(:post), :post, 'post.likes', 1);
INSERT INTO outbox (shard, id, kind, subject_id) VALUES (shard_of(:post), next_id(shard_of(:post)), 'notify.likes', :post) RETURNING id, subject_id;
COMMIT;
`;

export async function run(fixtures: Fixtures): Promise<void> {
  const api = await startApi(fixtures);
  const people = await signUpAll(api, 'reader', PEOPLE);
  await fillFeed(api.databaseUrl, { readers: people.map(({ id }) => id) });
  const path = ['/v1/posts/', '/like'] as const;
  // Concurrent likes are of different posts, as the floor's are.
  const ratio = await besidePgbench(api, { table: 'likes', things: 'posts', rows, people, path, stride: 25 });
  console.log(`\nlikes: ratio ${ratio.toFixed(2)} (goal ${GOAL.toFixed(2)})`);
}
