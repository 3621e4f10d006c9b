import type { Id, OutboxKind } from '@app/platform';
import { Likes, Relations } from '@app/domain';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { shardOf } from '@app/platform';
import { workerRoom, type WorkerRoom } from '../../../../test/harness/worker-room.js';
import { EffectsService } from './effects.service.js';
import { Folding } from './folding.js';

let room: WorkerRoom;
let effects: EffectsService;
beforeAll(async () => {
  room = await workerRoom({ LARGE_AUTHOR_FOLLOWERS: '2' });
  effects = room.get(EffectsService);
});
afterAll(() => room.close());
beforeEach(() => room.database.query('TRUNCATE outbox, count_deltas'));

async function carryOut(kind: OutboxKind, subject: Id): Promise<void> {
  await room.work.run((tx) => tx.effect(kind, subject));
  const row = (await room.outbox()).find((one) => one.kind === kind && one.subject_id === subject);
  await effects.run(row?.id ?? '');
}

async function rows(sql: string): Promise<number> {
  return (await room.database.query(sql)).length;
}

test('an effect that this release does not know stays, with the reason', async () => {
  await room.database.query(
    `INSERT INTO outbox (shard, id, kind, subject_id) SELECT 5, id, 'later.made', id FROM next_id(5) AS id`,
  );
  const [row] = await room.outbox();
  await expect(effects.run(row?.id ?? '')).rejects.toThrow(/later\.made/);
  const left = await room.database.query('SELECT attempts, error FROM outbox');
  expect(left).toEqual([{ attempts: 1, error: expect.stringContaining('later.made') as string }]);
});

test('a closed account is erased at both ends of all that it did, also when that runs twice', async () => {
  const [ada, grace] = [await room.person(), await room.person()];
  const post = await room.postOf(grace);
  await room.get(Relations).follow(ada, grace);
  await room.get(Relations).follow(grace, ada);
  await room.work.run((tx) =>
    room.get(Likes).carryOut(tx, [{ user: ada, post, liked: true }], { wait: true }),
  );
  await room.postOf(ada);
  for (let time = 0; time < 2; time += 1) await carryOut('user.erase', ada);
  for (const table of ['follows', 'followers', 'likes', 'post_likes'])
    expect([table, await rows(`SELECT 1 FROM ${table}`)]).toEqual([table, 0]);
  expect(await room.database.query('SELECT id FROM posts')).toEqual([{ id: post }]);
});

test('going public accepts all pending requests', async () => {
  const ada = await room.person(true);
  const fans = [await room.person(), await room.person()];
  for (const fan of fans) await room.get(Relations).follow(fan, ada);
  await carryOut('requests.accept', ada);
  expect(await rows('SELECT 1 FROM followers WHERE accepted')).toBe(0);
  await room.database.query('UPDATE users SET private = false WHERE id = $1', [ada]);
  await carryOut('requests.accept', ada);
  expect(await rows('SELECT 1 FROM followers WHERE accepted')).toBe(fans.length);
});

test('folding adds deltas to their counts once, and notices an audience that became large', async () => {
  const ada = await room.person();
  await room.database.query(
    `INSERT INTO count_deltas (shard, subject_id, counter, delta, created_at)
     SELECT shard_of($1::bigint), $1, 'user.followers', 1, now() - interval '1 minute' FROM generate_series(1, 3)`,
    [ada],
  );
  for (let time = 0; time < 2; time += 1) await room.get(Folding).shard(shardOf(ada));
  const found = await room.database.query('SELECT followers_count, audience FROM users WHERE id = $1', [ada]);
  expect(found).toEqual([{ followers_count: 3, audience: 1 }]);
  expect((await room.outbox()).filter(({ kind }) => kind === 'audience.grew')).toHaveLength(1);
});
