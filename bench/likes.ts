import { besidePgbench } from './beside-pgbench.ts';
import { fillFeed } from './feed-data.ts';
import { signUp, Fixtures, startApi } from './fixtures.ts';

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

/** For wrk: each person likes each post once, even across restarts; concurrent likes are of different posts, as the floor's are. */
const requests = (
  people: readonly { headers: Record<string, string> }[],
  posts: readonly string[],
  from: number,
): string => `
local tokens = {${people.map(({ headers }) => `'${headers['authorization']}'`).join(', ')}}
local posts = {${posts.map((post) => `'${post}'`).join(', ')}}
local turn = ${from}
function request()
  local token, post = tokens[turn % #tokens + 1], posts[(math.floor(turn / #tokens) + turn % #tokens * 25) % #posts + 1]
  turn = turn + 1
  return wrk.format('PUT', '/v1/posts/' .. post .. '/like', { ['Authorization'] = token })
end
`;

async function measure(fixtures: Fixtures): Promise<number> {
  const api = await startApi(fixtures);
  const people: Awaited<ReturnType<typeof signUp>>[] = [];
  for (let number = 1; number <= PEOPLE; number += 1) people.push(await signUp(api, `reader${number}`));
  await fillFeed(api.databaseUrl, { readers: people.map(({ id }) => id) });
  return besidePgbench(api, {
    table: 'likes',
    things: 'posts',
    rows,
    requests: (posts, from) => requests(people, posts, from),
  });
}

export async function run(): Promise<void> {
  const fixtures = new Fixtures();
  try {
    const ratio = await measure(fixtures);
    console.log(`\nlikes: ratio ${ratio.toFixed(2)} (goal ${GOAL.toFixed(2)})`);
  } finally {
    await fixtures.close();
  }
}
