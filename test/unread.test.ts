import { beforeAll, beforeEach, expect, test } from 'vitest';
import type { Post } from './harness/contract.js';
import { notificationsOf, toldTo, unreadListed, unreadOf } from './harness/notifications.js';
import { signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { sharedStack } from './harness/shared-stack.js';
import type { Stack } from './harness/stack.js';
import { patient } from './harness/pace.js';

let stack: Stack;
let round = 0;
let ada: Person;
let grace: Person;
let linus: Person;

beforeAll(async () => {
  stack = await sharedStack();
});

beforeEach(async () => {
  round += 1;
  [ada, grace, linus] = await Promise.all([
    signUp(stack, `ada${round}`),
    signUp(stack, `grace${round}`),
    signUp(stack, `linus${round}`),
  ]);
});

async function posted(person: Person, caption = ''): Promise<Post> {
  const picture = await drawn({ seed: round, width: 320, height: 240 });
  return person.post([await person.upload(picture)], { caption });
}

/** At a quiet moment: the count must equal the list's unread ones. */
async function unread(person: Person): Promise<number> {
  await stack.quiet();
  const [count, listed] = [await unreadOf(person), await unreadListed(person)];
  expect(count, 'the unread count, beside what the list shows').toBe(listed);
  return count;
}

/** Creates three notifications for Grace below Ada's posts. */
async function tellGrace(): Promise<void> {
  const post = await posted(ada, `With @${grace.user.username}`);
  const comment = await grace.comment(post, 'Lovely');
  await linus.comment(post, 'Is it not', comment);
  await linus.request('put', `/v1/comments/${comment.id}/like`).expect(200);
  expect(await unread(grace)).toBe(3);
}

const turn = (isPrivate: boolean) => ada.request('patch', '/v1/me', { private: isPrivate }).expect(200);

test('somebody who becomes private is heard of no longer by strangers, and as before when they open up', async () => {
  await tellGrace();
  const before = (await notificationsOf(grace)).items;
  await turn(true);
  expect(await unread(grace)).toBe(0);
  await turn(false);
  expect(await unread(grace)).toBe(3);
  expect((await notificationsOf(grace)).items.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
});

test.each(['unfollows', 'is removed'])(
  'a follower of a private person who %s is told no more',
  async (how) => {
    await Promise.all([grace.follow(ada), linus.follow(ada)]);
    await turn(true);
    await tellGrace();
    if (how === 'unfollows') await grace.unfollow(ada);
    else await ada.request('delete', `/v1/followers/${grace.id}`).expect(200);
    expect(await unread(grace)).toBe(0);
    await grace.follow(ada);
    await ada.request('put', `/v1/follow-requests/${grace.id}`).expect(200);
    expect(await unread(grace)).toBe(4);
    expect(await toldTo(grace)).toContain(`accept by ${ada.user.username} (1)`);
  },
);

test.each(['mute', 'block'])(
  'after a %s nothing is counted that is not shown, and all of it again after its end',
  async (act) => {
    await tellGrace();
    for (const [person, left] of [
      [linus, 1],
      [ada, act === 'mute' ? 2 : 0],
    ] as const) {
      await grace.request('put', `/v1/users/${person.id}/${act}`).expect(200);
      expect(await unread(grace)).toBe(left);
      await grace.request('delete', `/v1/users/${person.id}/${act}`).expect(200);
      expect(await unread(grace)).toBe(3);
    }
  },
);

test('what somebody did who deletes it, or closes their account, is counted no longer', async () => {
  await tellGrace();
  await linus.request('delete', '/v1/me', { password: 'correct horse battery staple' }).expect(202);
  expect(await unread(grace)).toBe(1);
  await ada.request('delete', '/v1/me', { password: 'correct horse battery staple' }).expect(202);
  expect(await unread(grace)).toBe(0);
});

test('of whoever has hundreds of groups, all that somebody has a part in are worked out', async () => {
  await stack.database.query(
    `WITH made AS (
       INSERT INTO posts (shard, id, author_id, state, likes_count)
       SELECT shard_of($1::bigint), next_id(shard_of($1::bigint)), $1, 'published', 1 FROM generate_series(1, 520)
       RETURNING shard, id),
     liked AS (
       INSERT INTO post_likes (shard, post_id, user_id, id)
       SELECT shard, id, $2, next_id(shard) FROM made RETURNING shard, post_id, id),
     told AS (
       INSERT INTO notifications (shard, user_id, group_key, id, type, post_id, actors, count, newest)
       SELECT shard, $1, 'like:' || post_id, next_id(shard), 'like', post_id, ARRAY[$2::bigint], 1, id FROM liked)
     INSERT INTO notification_states (shard, user_id, unread) VALUES (shard_of($1::bigint), $1, 520)`,
    [ada.id, linus.id],
  );
  expect(await unread(ada)).toBe(520);
  await ada.request('put', `/v1/users/${linus.id}/mute`).expect(200);
  expect(await unread(ada)).toBe(0);
  await ada.request('delete', `/v1/users/${linus.id}/mute`).expect(200);
  expect(await unread(ada)).toBe(520);
});

test('what is forgotten after 90 days is counted no longer', async () => {
  await tellGrace();
  await stack.database.query(
    `UPDATE notifications SET created_at = now() - interval '91 days' WHERE user_id = $1 AND type <> 'mention'`,
    [grace.id],
  );
  await stack.worker.restart();
  await expect.poll(() => unreadOf(grace), { timeout: patient(20_000) }).toBe(1);
  expect(await unread(grace)).toBe(1);
  expect(await toldTo(grace)).toEqual([`mention by ${ada.user.username} (1)`]);
});

test('what was deleted or taken back is counted no longer in the very next read, before any worker has looked', async () => {
  const post = await posted(ada);
  const other = await posted(ada, `With @${grace.user.username}`);
  const comment = await grace.comment(post, 'Lovely');
  const reply = await linus.comment(post, 'Is it not', comment);
  const greeting = await linus.comment(post, `@${grace.user.username}, look`);
  await linus.request('put', `/v1/comments/${comment.id}/like`).expect(200);
  await Promise.all([linus.like(post), linus.follow(ada), linus.follow(grace)]);
  // Ada: a like, comments, a follower; Grace: a reply, two mentions, a liked comment, a follower.
  expect([await unread(ada), await unread(grace)]).toEqual([3, 5]);
  await stack.worker.stop();
  try {
    const first = await grace.request('get', '/v1/notifications/unread').expect(200);
    const steps: [() => Promise<unknown>, ada: number, grace: number][] = [
      [() => linus.unlike(post), 2, 5],
      [() => linus.unfollow(ada), 1, 5],
      [() => linus.unfollow(grace), 1, 4],
      [() => linus.request('delete', `/v1/comments/${comment.id}/like`).expect(200), 1, 3],
      [() => linus.request('delete', `/v1/comments/${reply.id}`).expect(204), 1, 2],
      [() => linus.request('delete', `/v1/comments/${greeting.id}`).expect(204), 1, 1],
      [() => ada.remove(other), 1, 0],
      [() => ada.remove(post), 0, 0],
    ];
    for (const [step, ofAda, ofGrace] of steps) {
      await step();
      expect([await unreadOf(ada), await unreadOf(grace)]).toEqual([ofAda, ofGrace]);
    }
    const again = await grace
      .request('get', '/v1/notifications/unread')
      .set('If-None-Match', first.headers['etag'] ?? '')
      .expect(200);
    expect(again.body).toEqual({ count: 0 });
  } finally {
    await stack.worker.start();
  }
  expect([await unread(ada), await unread(grace)]).toEqual([0, 0]);
});

test('what one of several took back leaves the others’ part counted', async () => {
  const post = await posted(ada);
  await Promise.all([linus.like(post), grace.like(post)]);
  await Promise.all([linus, grace].map((person) => person.comment(post, 'Lovely')));
  expect(await unread(ada)).toBe(2);
  await stack.worker.stop();
  try {
    await linus.unlike(post);
    expect(await unreadOf(ada)).toBe(2);
    await grace.unlike(post);
    expect(await unreadOf(ada)).toBe(1);
  } finally {
    await stack.worker.start();
  }
  expect(await unread(ada)).toBe(1);
});
