import { limits, type Id } from '@app/platform';
import { nowhere, UnitOfWork, UserRows } from '@app/storage';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { domainRoom, type DomainRoom } from '../../../../test/harness/domain-room.js';
import { Profiles } from '../accounts/profiles.js';
import { Likes } from '../reactions/likes.js';
import { stranger } from '../visibility/visibility.js';
import { Relations } from './relations.js';

let room: DomainRoom;
let relations: Relations;
let ada: Id;
let grace: Id;

beforeAll(async () => {
  room = await domainRoom();
  relations = room.get(Relations);
});
afterAll(() => room.close());
beforeEach(async () => {
  await room.database.query('DELETE FROM outbox');
  [ada, grace] = [await room.person(), await room.person(true)];
});

const kinds = async (subject: Id): Promise<string[]> =>
  (
    await room.database.query<{ kind: string }>(
      'SELECT DISTINCT kind FROM outbox WHERE subject_id = $1 ORDER BY 1',
      [subject],
    )
  ).map(({ kind }) => kind);
const countOf = async (subject: Id, counter: string): Promise<number> =>
  (
    await room.database.query<{ sum: number }>(
      'SELECT coalesce(sum(delta), 0)::int AS sum FROM count_deltas WHERE subject_id = $1 AND counter = $2',
      [subject, counter],
    )
  )[0]?.sum ?? 0;

test('a private person is asked, and accepts or rejects once', async () => {
  expect(await relations.follow(ada, grace)).toEqual({ ...stranger, requested: true });
  expect(await kinds(grace)).toEqual(['notify.requests']);
  expect(await relations.accept(grace, ada)).toEqual({ ...stranger, followedBy: true });
  expect(await relations.reject(grace, ada)).toEqual({ ...stranger, followedBy: true });
  expect(await kinds(ada)).toEqual(['notify.accepted', 'relations.changed']);
  await relations.remove(grace, ada);
  await expect(relations.accept(grace, ada)).rejects.toMatchObject({ code: 'not_found' });
  expect(await countOf(ada, 'user.following')).toBe(0);
});

test('follows are refused to oneself, beyond the limit, and where one does not meet', async () => {
  await expect(relations.follow(ada, ada)).rejects.toMatchObject({ code: 'self_not_allowed' });
  await expect(relations.follow(ada, '1')).rejects.toMatchObject({ code: 'not_found' });
  await relations.block(grace, ada);
  for (const act of ['follow', 'mute'] as const)
    await expect(relations[act](ada, grace)).rejects.toMatchObject({ code: 'not_found' });
  await room.database.query('UPDATE users SET following_count = $2 WHERE id = $1', [
    ada,
    limits.follow.following,
  ]);
  await expect(relations.follow(ada, await room.person())).rejects.toMatchObject({ code: 'follow_limit' });
});

test('going public accepts those who asked, at once or by the worker', async () => {
  await relations.follow(ada, grace);
  await room.get(Profiles).change(grace, { private: false }, nowhere);
  expect(await room.get(UserRows).find(grace)).toMatchObject({ private: false });
  expect(await relations.unfollow(grace, ada)).toEqual({ ...stranger, followedBy: true });
  await relations.acceptAll(grace);
  expect(await countOf(grace, 'user.followers')).toBe(1);
});

test('a block hides the likes of the blocked person and ends follows both ways; unblocking shows the likes alone', async () => {
  const post = await room.postOf(ada);
  const lin = await room.person();
  await room
    .get(UnitOfWork)
    .run((tx) => room.get(Likes).carryOut(tx, [{ user: lin, post, liked: true }], { wait: true }));
  await Promise.all([relations.follow(ada, lin), relations.follow(lin, ada)]);
  expect(await relations.block(ada, lin)).toEqual({ ...stranger, blocking: true });
  await relations.settleBlock(ada, lin);
  expect(await countOf(post, 'post.likes')).toBe(0);
  expect(await relations.unblock(ada, lin)).toEqual(stranger);
  await relations.settleBlock(ada, lin);
  expect(await countOf(post, 'post.likes')).toBe(1);
  expect(await countOf(ada, 'user.followers')).toBe(0);
});

test('a closed account’s relations end in both directions', async () => {
  const lin = await room.person();
  await relations.follow(ada, lin);
  await relations.follow(lin, ada);
  await relations.block(ada, grace);
  await relations.endAll(ada);
  const left = await room.database.query(
    `SELECT 1 FROM follows WHERE $1 IN (follower_id, followee_id) UNION ALL SELECT 1 FROM followers WHERE $1 IN (follower_id, followee_id)
     UNION ALL SELECT 1 FROM blocks WHERE blocker_id = $1 UNION ALL SELECT 1 FROM blocked_by WHERE blocker_id = $1`,
    [ada],
  );
  expect(left).toEqual([]);
});
