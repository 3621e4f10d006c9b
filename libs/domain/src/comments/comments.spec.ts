import type { Id } from '@app/platform';
import { nowhere, UnitOfWork } from '@app/storage';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { domainRoom, type DomainRoom } from '../../../../test/harness/domain-room.js';
import { Comments } from './comments.js';

let room: DomainRoom;
let comments: Comments;
let ada: Id;
let grace: Id;
let mary: Id;

beforeAll(async () => {
  room = await domainRoom();
  comments = room.get(Comments);
  [ada, grace, mary] = [await room.person(), await room.person(), await room.person()];
});
afterAll(() => room.close());

/** The sums of the counts' changes, as `counter subject`. */
async function counted(): Promise<Record<string, number>> {
  const found = await room.database.query<{ name: string; sum: number }>(
    `SELECT counter || ' ' || subject_id AS name, sum(delta)::int AS sum FROM count_deltas GROUP BY 1`,
  );
  return Object.fromEntries(found.map(({ name, sum }) => [name, sum]));
}

const say = (author: Id, post: Id, replyTo?: Id): Promise<Id> =>
  room.get(UnitOfWork).run((tx) => comments.create(tx, author, post, { text: 'Fog', entities: [], replyTo }));

test('comments and replies are counted at what they are below, and no longer once deleted', async () => {
  const post = await room.postOf(ada);
  const first = await say(grace, post);
  const reply = await say(mary, post, first);
  expect(await counted()).toMatchObject({
    [`post.comments ${post}`]: 2,
    [`comment.replies ${first}`]: 1,
  });
  await comments.remove(mary, reply, nowhere);
  expect(await counted()).toMatchObject({
    [`post.comments ${post}`]: 1,
    [`comment.replies ${first}`]: 0,
  });
});

test('a reply to a reply counts for that reply and for the root of the thread', async () => {
  const post = await room.postOf(ada);
  const root = await say(grace, post);
  const reply = await say(mary, post, root);
  const deeper = await say(grace, post, reply);
  const deepest = await say(mary, post, deeper);
  const sums = (all: number, ofReply: number, ofDeeper: number, below = all) => ({
    [`post.comments ${post}`]: all,
    [`comment.replies ${root}`]: below - 1,
    [`comment.replies ${reply}`]: ofReply,
    [`comment.replies ${deeper}`]: ofDeeper,
  });
  expect(await counted()).toMatchObject(sums(4, 1, 1));
  await comments.remove(mary, deepest, nowhere);
  expect(await counted()).toMatchObject(sums(3, 1, 0));
  await comments.erase(deeper);
  expect(await counted()).toMatchObject(sums(2, 0, 0));
  await comments.remove(ada, root, nowhere);
  expect(await counted()).toMatchObject(sums(1, 0, 0, 2));
  await comments.remove(ada, reply, nowhere);
  expect(await counted()).toMatchObject(sums(0, 0, 0, 1));
});

test('a reply to what is being deleted is refused, or comes first and leaves a gap above it', async () => {
  const post = await room.postOf(ada);
  const root = await say(grace, post);
  for (let round = 0; round < 12; round += 1) {
    const answered = await say(mary, post, root);
    const [said] = await Promise.allSettled([
      say(grace, post, answered),
      comments.remove(mary, answered, nowhere),
    ]);
    if (said.status === 'rejected') expect(said.reason).toMatchObject({ code: 'reply_not_allowed' });
    const left = await room.database.query<{ deleted: boolean }>(
      'SELECT deleted FROM comments WHERE id = $1 OR reply_to = $1 ORDER BY id',
      [answered],
    );
    const gap = [{ deleted: true }, { deleted: false }];
    expect(left).toEqual(said.status === 'rejected' ? [] : gap);
  }
  const replies = await room.database.query<{ count: number }>(
    'SELECT count(*)::int FROM comments WHERE coalesce(root_id, reply_to) = $1 AND NOT deleted',
    [root],
  );
  expect((await counted())[`comment.replies ${root}`]).toBe(replies[0]?.count);
});

test('nobody but its author comments where comments are closed', async () => {
  const post = await room.postOf(ada);
  await room.database.query('UPDATE posts SET comments_closed = true WHERE id = $1', [post]);
  await expect(say(grace, post)).rejects.toMatchObject({ code: 'comments_closed' });
  await say(ada, post);
});

test('a reply answers a comment or reply of the same post whose author one may meet', async () => {
  const [post, other] = [await room.postOf(ada), await room.postOf(ada)];
  const first = await say(grace, post);
  const reply = await say(mary, post, first);
  const refused = { code: 'reply_not_allowed' };
  await say(mary, post, reply);
  for (const to of [first, reply]) await expect(say(mary, other, to)).rejects.toMatchObject(refused);
  const blocked = await room.person();
  await room.database.query(
    `INSERT INTO blocked_by (shard, blocked_id, blocker_id, id) VALUES (shard_of($1::bigint), $1, $2, 1)`,
    [blocked, grace],
  );
  await expect(say(blocked, post, first)).rejects.toMatchObject(refused);
  await expect(comments.like(blocked, first)).rejects.toMatchObject({ code: 'not_found' });
});

test('a like is counted once, and can be taken back from a comment that one no longer sees', async () => {
  const post = await room.postOf(ada);
  const comment = await say(grace, post);
  await comments.like(mary, comment);
  await comments.like(mary, comment);
  expect((await counted())[`comment.likes ${comment}`]).toBe(1);
  await room.database.query('UPDATE posts SET archived = true WHERE id = $1', [post]);
  await comments.unlike(mary, comment);
  await comments.unlike(mary, comment);
  expect((await counted())[`comment.likes ${comment}`]).toBe(0);
});

test('its author and the author of the post delete a comment, as often as they like; replies stay', async () => {
  const post = await room.postOf(ada);
  const comment = await say(grace, post);
  const reply = await say(mary, post, comment);
  await expect(comments.remove(mary, comment, nowhere)).rejects.toMatchObject({ code: 'not_found' });
  await comments.remove(ada, comment, nowhere);
  await comments.remove(ada, comment, nowhere);
  const left = await room.database.query(
    'SELECT id, deleted, text FROM comments WHERE post_id = $1 ORDER BY id',
    [post],
  );
  expect(left).toEqual([
    { id: comment, deleted: true, text: '' },
    { id: reply, deleted: false, text: 'Fog' },
  ]);
  await expect(say(mary, post, comment)).rejects.toMatchObject({ code: 'reply_not_allowed' });
});
