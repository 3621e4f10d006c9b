import type { Id, NotifyKind } from '@app/platform';
import { Comments, Likes } from '@app/domain';
import { nowhere } from '@app/storage';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { workerRoom, type WorkerRoom } from '../../../../test/harness/worker-room.js';
import { mentionedIn } from './notification-audience.js';
import { NotifyService } from './notify.service.js';

let room: WorkerRoom;
beforeAll(async () => {
  room = await workerRoom();
});
afterAll(() => room.close());
beforeEach(() => room.database.query('TRUNCATE outbox, notifications, likes, post_likes'));

const like = (user: Id, post: Id, liked = true) =>
  room.work.run((tx) => room.get(Likes).carryOut(tx, [{ user, post, liked }], { wait: true }));

/** Carries out every waiting row of the kind, as its job does. */
async function notify(kind: NotifyKind, subjectId: Id): Promise<void> {
  await room.get(NotifyService).run({ kind, subjectId });
  expect((await room.outbox()).filter((row) => row.kind === kind)).toEqual([]);
}

const notifications = (user: Id) =>
  room.database.query<{ group_key: string; count: number; read: boolean }>(
    'SELECT group_key, count, read FROM notifications WHERE user_id = $1',
    [user],
  );

test('many likes of a post are one notification, which counts those that are left', async () => {
  const ada = await room.person();
  const fans = [await room.person(), await room.person(), await room.person()];
  const post = await room.postOf(ada);
  for (const fan of fans) await like(fan, post);
  await notify('notify.likes', post);
  const group = { group_key: `like:${post}`, read: false };
  expect(await notifications(ada)).toEqual([{ ...group, count: 3 }]);
  await like(fans[0] ?? '', post, false);
  await notify('notify.likes', post);
  expect(await notifications(ada)).toEqual([{ ...group, count: 2 }]);
});

test('nobody is notified of their own like, nor by a person whom they block', async () => {
  const [ada, grace] = [await room.person(), await room.person()];
  const post = await room.postOf(ada);
  await like(ada, post);
  await like(grace, post);
  await room.database.query(
    `INSERT INTO blocks (shard, blocker_id, blocked_id, id) VALUES (shard_of($1::bigint), $1, $2, 1)`,
    [ada, grace],
  );
  await notify('notify.likes', post);
  expect((await notifications(ada)).filter(({ count }) => count > 0)).toEqual([]);
});

test('a deleted post takes its notifications with it', async () => {
  const [ada, fan] = [await room.person(), await room.person()];
  const post = await room.postOf(ada);
  await like(fan, post);
  await notify('notify.likes', post);
  await room.database.query('DELETE FROM posts WHERE id = $1', [post]);
  await room.work.run((tx) => tx.effect('notify.post', post));
  await notify('notify.post', post);
  expect(await notifications(ada)).toEqual([]);
});

test('a deleted comment takes its notifications with it, also where replies keep its place', async () => {
  const [ada, grace] = [await room.person(), await room.person()];
  const post = await room.postOf(ada);
  const comments = room.get(Comments);
  const said = await room.work.run((tx) => comments.create(tx, ada, post, { text: 'First', entities: [] }));
  await room.work.run((tx) =>
    comments.create(tx, grace, post, { text: 'Second', entities: [], replyTo: said }),
  );
  await comments.like(grace, said);
  await notify('notify.replies', said);
  await notify('notify.commentLikes', said);
  const shown = async () => (await notifications(ada)).filter(({ count }) => count > 0);
  expect(await shown()).toHaveLength(2);
  await comments.remove(ada, said, nowhere);
  await notify('notify.replies', said);
  await notify('notify.commentLikes', said);
  expect(await shown()).toEqual([]);
});

test('a text mentions each person once, fifty at most, and only by ids', () => {
  const mention = (userId: unknown) => ({ type: 'mention', userId });
  expect(mentionedIn([mention('5'), mention('5'), mention('x'), { type: 'hashtag', userId: '6' }])).toEqual([
    '5',
  ]);
  expect(mentionedIn(Array.from({ length: 60 }, (_, index) => mention(String(index + 1))))).toHaveLength(50);
});
