import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Post } from './harness/contract.js';
import { notificationsOf, read, toldTo, unreadOf } from './harness/notifications.js';
import { signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { sharedStack } from './harness/shared-stack.js';
import type { Stack } from './harness/stack.js';

let stack: Stack;
let round = 0;
let ada: Person;
let grace: Person;
let linus: Person;
let post: Post;

beforeAll(async () => {
  stack = await sharedStack();
});

/** New people for each test, so that notifications of another test do not appear. */
beforeEach(async () => {
  round += 1;
  [ada, grace, linus] = await Promise.all([
    signUp(stack, `ada${round}`),
    signUp(stack, `grace${round}`),
    signUp(stack, `linus${round}`),
  ]);
  post = await ada.post([await ada.upload(await drawn({ seed: round, width: 400, height: 300 }))]);
});

const name = (person: Person) => person.user.username;

describe('likes', () => {
  test('of many people are one row with its newest three and their number', async () => {
    const people = await Promise.all(Array.from({ length: 8 }, (_, n) => signUp(stack, `fan${round}.${n}`)));
    for (const person of people) await person.like(post);
    await stack.quiet();
    const newest = people.slice(-3).toReversed().map(name);
    expect(await toldTo(ada)).toEqual([`like by ${newest.join(', ')} (8)`]);
    const [item] = (await notificationsOf(ada)).items;
    expect(item).toMatchObject({
      group: `like:${post.id}`,
      post: { id: post.id },
      comment: null,
      read: false,
    });
    expect(await unreadOf(ada)).toBe(1);
  });

  test('that are taken back are taken out, and one’s own are none', async () => {
    await Promise.all([ada.like(post), grace.like(post), linus.like(post)]);
    await stack.quiet();
    await linus.unlike(post);
    await stack.quiet();
    expect(await toldTo(ada)).toEqual([`like by ${name(grace)} (1)`]);
    await grace.unlike(post);
    await stack.quiet();
    expect([await toldTo(ada), await unreadOf(ada)]).toEqual([[], 0]);
  });
});

describe('reading', () => {
  test('up to a position leaves what is above unread; a group that grows is unread again', async () => {
    await grace.like(post);
    await stack.quiet();
    await grace.follow(ada);
    await stack.quiet();
    const [follow, like] = (await notificationsOf(ada)).items;
    expect([follow?.type, like?.type]).toEqual(['follow', 'like']);
    await read(ada, like);
    await read(ada, like);
    expect(await unreadOf(ada)).toBe(1);
    await linus.like(post);
    await stack.quiet();
    const [grown, ...rest] = (await notificationsOf(ada)).items;
    expect(grown).toMatchObject({ group: like?.group, count: 2, read: false });
    expect(BigInt(grown?.id ?? 0)).toBeGreaterThan(BigInt(follow?.id ?? 0));
    expect(rest).toMatchObject([{ id: follow?.id, read: false }]);
    expect(await unreadOf(ada)).toBe(2);
    await read(ada, grown);
    expect(await unreadOf(ada)).toBe(0);
  });

  test('is answered 304 while nothing has changed', async () => {
    await grace.like(post);
    await stack.quiet();
    for (const path of ['/v1/notifications', '/v1/notifications/unread']) {
      const { etag = '' } = (await ada.request('get', path).expect(200)).headers as { etag?: string };
      await ada.request('get', path).set('If-None-Match', etag).expect(304);
      await read(ada, (await notificationsOf(ada)).items[0]);
      await ada.request('get', path).set('If-None-Match', etag).expect(200);
      await linus.like(post);
      await stack.quiet();
    }
  });

  test('goes by pages both ways, and refuses what is no id', async () => {
    for (const person of [grace, linus]) await person.follow(ada);
    await grace.like(post);
    await stack.quiet();
    await linus.comment(post, 'Lovely');
    await stack.quiet();
    const all = (await notificationsOf(ada)).items.map(({ id }) => id);
    expect(all).toHaveLength(3);
    const first = await notificationsOf(ada, '?limit=2');
    const second = await notificationsOf(ada, `?limit=2&cursor=${first.nextCursor}`);
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(all);
    expect(second.nextCursor).toBeNull();
    const back = await notificationsOf(ada, `?limit=2&newer=${second.prevCursor}`);
    expect(back.items.map(({ id }) => id)).toEqual(all.slice(0, 2));
    await ada.request('post', '/v1/notifications/read', { upTo: 'newest' }).expect(422);
    await ada.request('get', '/v1/notifications?cursor=abc').expect(400);
  });
});

describe('comments', () => {
  test('tell the post’s author; replies and likes tell the comment’s; deleting undoes it', async () => {
    const comment = await grace.comment(post, 'Lovely');
    const reply = await linus.comment(post, 'Is it not', comment);
    await linus.request('put', `/v1/comments/${comment.id}/like`).expect(200);
    await stack.quiet();
    expect(await toldTo(ada)).toEqual([`comment by ${name(linus)}, ${name(grace)} (2)`]);
    expect((await toldTo(grace)).sort()).toEqual([
      `comment_like by ${name(linus)} (1)`,
      `reply by ${name(linus)} (1)`,
    ]);
    const told = (await notificationsOf(grace)).items.find(({ type }) => type === 'reply');
    expect(told).toMatchObject({ comment: { id: reply.id, text: 'Is it not' }, post: { id: post.id } });
    await linus.request('delete', `/v1/comments/${reply.id}`).expect(204);
    await linus.request('delete', `/v1/comments/${comment.id}/like`).expect(200);
    await stack.quiet();
    expect([await toldTo(grace), await unreadOf(grace)]).toEqual([[], 0]);
    await grace.request('delete', `/v1/comments/${comment.id}`).expect(204);
    await stack.quiet();
    expect(await toldTo(ada)).toEqual([]);
  });
});

describe('a reply to a reply', () => {
  test('tells whose reply it answers, and not who began the thread', async () => {
    const comment = await grace.comment(post, 'Lovely');
    const reply = await linus.comment(post, 'Is it not', comment);
    await stack.quiet();
    const before = await toldTo(grace);
    const answer = await ada.comment(post, 'It is', reply);
    await stack.quiet();
    expect(await toldTo(grace)).toEqual(before);
    expect(await toldTo(linus)).toEqual([`reply by ${name(ada)} (1)`]);
    const [told] = (await notificationsOf(linus)).items;
    expect(told).toMatchObject({ comment: { id: answer.id, replyTo: reply.id }, post: { id: post.id } });
    await ada.request('delete', `/v1/comments/${answer.id}`).expect(204);
    await stack.quiet();
    expect([await toldTo(linus), await unreadOf(linus)]).toEqual([[], 0]);
  });

  test('to the post’s author tells them once, as a reply', async () => {
    const comment = await grace.comment(post, 'Lovely');
    const reply = await ada.comment(post, 'Thank you', comment);
    await stack.quiet();
    await linus.comment(post, 'Indeed', reply);
    await stack.quiet();
    expect((await toldTo(ada)).toSorted()).toEqual([
      `comment by ${name(grace)} (1)`,
      `reply by ${name(linus)} (1)`,
    ]);
  });
});

describe('mentions', () => {
  test('tell who is named in a caption, once; an edit undoes what vanished and tells who is new', async () => {
    const caption = (text: string) =>
      ada.request('patch', `/v1/posts/${post.id}`, { caption: text }).expect(200);
    await caption(`With @${name(grace)} and @${name(ada)}`);
    await stack.quiet();
    expect([await toldTo(grace), await toldTo(ada)]).toEqual([[`mention by ${name(ada)} (1)`], []]);
    await read(grace, (await notificationsOf(grace)).items[0]);
    await caption(`With @${name(grace)} and @${name(linus)}`);
    await stack.quiet();
    expect([await unreadOf(grace), await unreadOf(linus)]).toEqual([0, 1]);
    await caption(`With @${name(linus)}`);
    await stack.quiet();
    expect([await toldTo(grace), await toldTo(linus)]).toEqual([[], [`mention by ${name(ada)} (1)`]]);
  });

  test('in comments tell those who may see the post, until the comment is deleted', async () => {
    await ada.request('patch', '/v1/me', { private: true }).expect(200);
    await grace.follow(ada);
    await ada.request('put', `/v1/follow-requests/${grace.id}`).expect(200);
    const comment = await ada.comment(post, `See, @${name(grace)} and @${name(linus)}`);
    await stack.quiet();
    expect(await toldTo(grace)).toContain(`mention by ${name(ada)} (1)`);
    expect(await toldTo(linus)).toEqual([]);
    await ada.request('delete', `/v1/comments/${comment.id}`).expect(204);
    await stack.quiet();
    expect(await toldTo(grace)).toEqual([`accept by ${name(ada)} (1)`]);
  });
});

describe('people', () => {
  test('new followers gather until they are read; who unfollows is taken out', async () => {
    await grace.follow(ada);
    await linus.follow(ada);
    await stack.quiet();
    expect(await toldTo(ada)).toEqual([`follow by ${name(linus)}, ${name(grace)} (2)`]);
    await read(ada, (await notificationsOf(ada)).items[0]);
    const alan = await signUp(stack, `alan${round}`);
    await alan.follow(ada);
    await grace.unfollow(ada);
    await stack.quiet();
    expect(await toldTo(ada)).toEqual([`follow by ${name(alan)} (1)`, `follow by ${name(linus)} (1)`]);
    expect(await unreadOf(ada)).toBe(1);
  });

  test('a request tells the private person, and being let in tells who asked', async () => {
    await ada.request('patch', '/v1/me', { private: true }).expect(200);
    await grace.follow(ada);
    await stack.quiet();
    expect(await toldTo(ada)).toEqual([`request by ${name(grace)} (1)`]);
    await ada.request('put', `/v1/follow-requests/${grace.id}`).expect(200);
    await stack.quiet();
    expect((await toldTo(ada)).filter((line) => line.startsWith('request'))).toEqual([]);
    expect(await toldTo(grace)).toEqual([`accept by ${name(ada)} (1)`]);
    await grace.unfollow(ada);
    await stack.quiet();
    expect(await toldTo(grace)).toEqual([]);
  });

  test('who is muted or blocked is not heard of, and is again as before when that ends', async () => {
    await grace.like(post);
    await linus.like(post);
    await stack.quiet();
    await read(ada, (await notificationsOf(ada)).items[0]);
    const before = await toldTo(ada);
    for (const act of ['mute', 'block']) {
      await ada.request('put', `/v1/users/${linus.id}/${act}`).expect(200);
      await stack.quiet();
      expect(await toldTo(ada)).toEqual([`like by ${name(grace)} (1)`]);
      await ada.request('delete', `/v1/users/${linus.id}/${act}`).expect(200);
      await stack.quiet();
      expect([await toldTo(ada), await unreadOf(ada)]).toEqual([before, 0]);
    }
  });

  test('a closed account is heard of no longer', async () => {
    await grace.like(post);
    await grace.comment(post, 'Goodbye');
    await stack.quiet();
    await grace.request('delete', '/v1/me', { password: 'correct horse battery staple' }).expect(202);
    await stack.quiet();
    expect([await toldTo(ada), await unreadOf(ada)]).toEqual([[], 0]);
  });
});

describe('a post', () => {
  test('that is archived or deleted takes along what others were told below it', async () => {
    const comment = await grace.comment(post, 'Lovely');
    await linus.comment(post, 'Is it not', comment);
    await stack.quiet();
    const before = await toldTo(grace);
    expect(before).toHaveLength(1);
    await ada.request('put', `/v1/posts/${post.id}/archive`).expect(200);
    await stack.quiet();
    expect([await toldTo(grace), await unreadOf(grace)]).toEqual([[], 0]);
    await ada.request('delete', `/v1/posts/${post.id}/archive`).expect(200);
    await stack.quiet();
    expect([await toldTo(grace), await unreadOf(grace)]).toEqual([before, 1]);
    await ada.remove(post);
    await stack.quiet();
    expect([await toldTo(grace), await unreadOf(grace)]).toEqual([[], 0]);
    expect([await toldTo(ada), await unreadOf(ada)]).toEqual([[], 0]);
  });
});

describe('faults', () => {
  test('an emptied Redis loses no notification', async () => {
    await grace.like(post);
    await stack.redis.flushall();
    await stack.quiet();
    expect(await toldTo(ada)).toEqual([`like by ${name(grace)} (1)`]);
  });
});
