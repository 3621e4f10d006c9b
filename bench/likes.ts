import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { ensureProgram } from '../scripts/system-packages.ts';
import { fillFeed } from './feed-data.ts';
import { interleavedPairs, median } from './pairs.ts';
import { signUp, Stage, startApi } from './stage.ts';
import { printTable } from './table.ts';
import { drive } from './wrk.ts';

/**
 * Likes a second through the whole api: token, visibility, marks, the transaction that it shares with those that came at
 * the same time, the post as it is then. Its floor:
 * pgbench, as many at once, inserting the same rows in one transaction: the like at both ends, the delta of its count, and
 * the outbox row by which its author is told.
 */
const GOAL = 0.7;
const PAIRS = 5;
const PEOPLE = 64;
const CONNECTIONS = 32;
const SECONDS = 4;

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

/** For wrk: each person likes each post once, however often it is started; those who like at once like other posts, as the floor's do. */
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

async function measure(stage: Stage, folder: string): Promise<number> {
  const api = await startApi(stage);
  const people: Awaited<ReturnType<typeof signUp>>[] = [];
  for (let number = 1; number <= PEOPLE; number += 1) people.push(await signUp(api, `reader${number}`));
  await fillFeed(api.databaseUrl, { readers: people.map(({ id }) => id) });
  const client = new pg.Client({ connectionString: api.databaseUrl });
  await client.connect();
  const { rows: found } = await client.query<{ id: string }>('SELECT id FROM posts ORDER BY id');
  const likes = async (): Promise<number> =>
    Number((await client.query<{ n: string }>('SELECT count(*) AS n FROM likes')).rows[0]?.n);
  const script = join(folder, 'rows.sql');
  writeFileSync(script, rows);
  let sent = 0;
  const ours = async (): Promise<number> => {
    const file = join(folder, 'likes.lua');
    writeFileSync(
      file,
      requests(
        people,
        found.map(({ id }) => id),
        sent,
      ),
      { mode: 0o600 },
    );
    const before = await likes();
    const load = await drive(['-t1', `-c${CONNECTIONS}`, `-d${SECONDS}s`, '--latency', '-s', file, api.url]);
    const made = (await likes()) - before;
    sent += Math.ceil(load.rate * (SECONDS + 1)) + CONNECTIONS;
    if (load.failed > 0 || made < load.rate * SECONDS * 0.95)
      throw new Error(
        `${load.failed} requests failed, and of ${load.rate * SECONDS} likes ${made} were made`,
      );
    return load.rate;
  };
  const pgbench = ensureProgram('pgbench', 'postgresql-contrib');
  const floor = (): Promise<number> => {
    const args = ['-n', '-c', String(CONNECTIONS), '-j', '1', '-T', String(SECONDS), '-f', script];
    const { stdout, stderr } = spawnSync(pgbench, [...args, api.databaseUrl], { encoding: 'utf8' });
    const rate = Number(/tps = ([\d.]+)/.exec(stdout)?.[1]);
    if (!Number.isFinite(rate)) throw new Error(`pgbench said:\n${stdout}${stderr}`);
    return Promise.resolve(rate);
  };
  await ours();
  const pairs = await interleavedPairs(PAIRS, ours, floor);
  await client.end();
  printTable(
    ['pair', 'pgbench', 'likes', 'ratio'],
    pairs.map((pair, index) => [
      String(index + 1),
      `${pair.floor.toFixed(0)}/s`,
      `${pair.ours.toFixed(0)}/s`,
      (pair.ours / pair.floor).toFixed(2),
    ]),
  );
  return median(pairs.map((pair) => pair.ours / pair.floor));
}

export async function run(): Promise<void> {
  const stage = new Stage();
  const folder = mkdtempSync(join(tmpdir(), 'narwhal-likes-'));
  try {
    const ratio = await measure(stage, folder);
    console.log(`\nlikes: ratio ${ratio.toFixed(2)} (goal ${GOAL.toFixed(2)})`);
  } finally {
    await stage.close();
    rmSync(folder, { recursive: true });
  }
}
