import type { Id, OutboxKind } from '@app/platform';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { workerRoom, type WorkerRoom } from '../../../../test/harness/worker-room.js';
import { DeliverService } from './deliver.service.js';

const PAGE = 5_000;
const FIRST_FOLLOWER = 1_000_000;

let room: WorkerRoom;
let deliver: DeliverService;
beforeAll(async () => {
  room = await workerRoom();
  deliver = room.get(DeliverService);
});
afterAll(() => room.close());
beforeEach(() => room.database.query('TRUNCATE outbox'));

/** Followers who are known only by their ends of the relation: a fan-out reads nothing else of them. */
async function authorWith(followers: number): Promise<Id> {
  const author = await room.person();
  await room.database.query(
    `INSERT INTO followers (shard, followee_id, follower_id, id)
     SELECT shard_of($1::bigint), $1, $2::int + n, n FROM generate_series(1, $3::int) AS n`,
    [author, FIRST_FOLLOWER, followers],
  );
  return author;
}

async function waiting(kind: OutboxKind, subject: Id): Promise<Id> {
  await room.work.run((tx) => tx.effect(kind, subject));
  const [row] = await room.outbox();
  return row?.id ?? '';
}

async function progress(): Promise<(Id | null)[]> {
  const rows = await room.database.query<{ progress: Id | null }>('SELECT progress FROM outbox');
  return rows.map((row) => row.progress);
}

test('a post reaches its followers page by page, each page once', async () => {
  const outboxId = await waiting('post.deliver', await room.postOf(await authorWith(PAGE + 1)));
  await deliver.run({ outboxId });
  const reached = String(FIRST_FOLLOWER + PAGE);
  expect(await progress()).toEqual([reached]);
  // The job of a page that is done ends, or each of the sweeper's jobs would go on to the last page.
  await deliver.run({ outboxId, after: '1' });
  expect(await progress()).toEqual([reached]);
  await deliver.run({ outboxId, after: reached });
  expect(await progress()).toEqual([]);
});

test('a post that is gone or not published reaches nobody', async () => {
  const post = await room.postOf(await authorWith(1));
  await room.database.query(`UPDATE posts SET state = 'publishing' WHERE id = $1`, [post]);
  await deliver.run({ outboxId: await waiting('post.deliver', post) });
  await deliver.run({ outboxId: await waiting('post.deliver', '5') });
  expect(await progress()).toEqual([]);
});

test('an audience becomes large only after its last page', async () => {
  const author = await authorWith(PAGE + 1);
  const audience = async () =>
    (await room.database.query<{ audience: number }>('SELECT audience FROM users WHERE id = $1', [author]))[0]
      ?.audience;
  await room.database.query('UPDATE users SET audience = 1 WHERE id = $1', [author]);
  const outboxId = await waiting('audience.grew', author);
  await deliver.run({ outboxId });
  expect([await audience(), await progress()]).toEqual([1, [String(FIRST_FOLLOWER + PAGE)]]);
  await deliver.run({ outboxId, after: String(FIRST_FOLLOWER + PAGE) });
  expect([await audience(), await progress()]).toEqual([2, []]);
});
