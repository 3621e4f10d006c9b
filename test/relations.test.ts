import { beforeAll, describe, expect, it } from 'vitest';
import type { Comment, CommentThread, Page, Post, User } from './harness/contract.js';
import { signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { sharedStack } from './harness/shared-stack.js';
import type { Stack } from './harness/stack.js';

let stack: Stack;

beforeAll(async () => {
  stack = await sharedStack();
});

const people = (...names: string[]): Promise<Person[]> =>
  Promise.all(names.map((name) => signUp(stack, name)));
const posted = async (person: Person): Promise<Post> => person.post([await person.upload(await drawn())]);
const feedOf = async (person: Person): Promise<string[]> => (await person.feed()).items.map(({ id }) => id);
const names = async (person: Person, path: string): Promise<string[]> => {
  const response = await person.request('get', path).expect(200);
  return (response.body as Page<User>).items.map(({ username }) => username);
};

async function pair(one: string, other: string): Promise<[Person, Person]> {
  const [first, second] = await people(one, other);
  if (!first || !second) throw new Error('expected two people');
  return [first, second];
}

describe('a private person', () => {
  it('is asked, lets in, and their posts reach the feed', async () => {
    const [ada, grace] = await pair('ada1', 'grace1');
    await ada.request('patch', '/v1/me', { private: true }).expect(200);
    const post = await posted(ada);
    expect(await grace.follow(ada)).toMatchObject({ following: false, requested: true });
    expect(await names(ada, '/v1/follow-requests')).toEqual(['grace1']);
    expect(await feedOf(grace)).toEqual([]);

    await ada.request('put', `/v1/follow-requests/${grace.id}`).expect(200);
    await ada.request('put', `/v1/follow-requests/${grace.id}`).expect(200);

    expect(await names(ada, '/v1/follow-requests')).toEqual([]);
    expect(await feedOf(grace)).toEqual([post.id]);
    const seen = await grace.request('get', `/v1/users/${ada.id}`).expect(200);
    expect(seen.body).toMatchObject({
      counts: { followers: 1 },
      relationship: { following: true, requested: false },
    });
  });

  it('turns a request down, and a withdrawn one cannot be let in', async () => {
    const [ada, grace] = await pair('ada2', 'grace2');
    await ada.request('patch', '/v1/me', { private: true }).expect(200);
    await grace.follow(ada);
    await ada.request('delete', `/v1/follow-requests/${grace.id}`).expect(200);
    expect(await names(ada, '/v1/follow-requests')).toEqual([]);

    await grace.follow(ada);
    expect(await grace.unfollow(ada)).toMatchObject({ following: false, requested: false });
    const refused = await ada.request('put', `/v1/follow-requests/${grace.id}`);
    expect(refused.status).toBe(404);
  });

  it('lets everybody in who asks when they open up', async () => {
    const [ada, grace] = await pair('ada3', 'grace3');
    await ada.request('patch', '/v1/me', { private: true }).expect(200);
    const post = await posted(ada);
    await grace.follow(ada);
    await ada.request('patch', '/v1/me', { private: false }).expect(200);
    expect(await feedOf(grace)).toEqual([post.id]);
    await stack.quiet();
    const seen = await grace.request('get', `/v1/users/${ada.id}`).expect(200);
    expect(seen.body).toMatchObject({ counts: { followers: 1 } });
  });

  it('removes a follower, who then has to ask again', async () => {
    const [ada, grace] = await pair('ada4', 'grace4');
    await grace.follow(ada);
    await ada.request('patch', '/v1/me', { private: true }).expect(200);
    await posted(ada);
    await ada.request('delete', `/v1/followers/${grace.id}`).expect(200);
    await ada.request('delete', `/v1/followers/${grace.id}`).expect(200);
    expect(await feedOf(grace)).toEqual([]);
    expect(await grace.follow(ada)).toMatchObject({ following: false, requested: true });
  });
});

describe('a block', () => {
  it('ends follows both ways, hides likes and comments from the counts, and an unblock brings those back', async () => {
    const [ada, grace] = await pair('ada5', 'grace5');
    await ada.follow(grace);
    await grace.follow(ada);
    const post = await posted(ada);
    await grace.like(post);
    const comment = await grace.comment(post, 'Lovely');
    const thanks = await ada.comment(post, 'Thank you', comment);
    await grace.request('put', `/v1/comments/${thanks.id}/like`).expect(200);
    const likesOfThanks = async () => {
      const { body } = await ada.request('get', `/v1/posts/${post.id}/comments`).expect(200);
      return (body as Page<Comment>).items.find(({ id }) => id === thanks.id)?.counts.likes;
    };
    await stack.quiet();
    expect((await ada.see(post)).counts).toEqual({ likes: 1, comments: 2 });
    expect(await likesOfThanks()).toBe(1);

    const blocked = await ada.request('put', `/v1/users/${grace.id}/block`).expect(200);
    expect(blocked.body).toMatchObject({ following: false, followedBy: false, blocking: true });
    expect((await ada.see(post)).counts).toEqual({ likes: 0, comments: 1 });
    expect(await likesOfThanks()).toBe(0);
    expect(await names(ada, `/v1/posts/${post.id}/likes`)).toEqual([]);
    expect(await names(ada, '/v1/me/blocked')).toEqual(['grace5']);
    await grace.request('put', `/v1/users/${ada.id}/follow`).expect(404);
    await stack.quiet();
    expect((await ada.see(post)).counts).toEqual({ likes: 0, comments: 1 });

    await ada.request('delete', `/v1/users/${grace.id}/block`).expect(200);
    await stack.quiet();
    expect((await ada.see(post)).counts).toEqual({ likes: 1, comments: 2 });
    expect(await likesOfThanks()).toBe(1);
    expect((await ada.request('get', `/v1/users/${grace.id}`)).body).toMatchObject({
      counts: { followers: 0, following: 0 },
      relationship: { following: false, followedBy: false, blocking: false },
    });
  });

  it('leaves a gap above replies to what its author deletes meanwhile', async () => {
    const [ada, grace] = await pair('ada9', 'grace9');
    const post = await posted(ada);
    const comment = await grace.comment(post, 'Lovely');
    const thanks = await ada.comment(post, 'Thank you', comment);
    await ada.request('put', `/v1/users/${grace.id}/block`).expect(200);
    await grace.request('delete', `/v1/comments/${comment.id}`).expect(204);
    await ada.request('delete', `/v1/users/${grace.id}/block`).expect(200);
    const { body } = await ada.request('get', `/v1/posts/${post.id}/comments`).expect(200);
    expect((body as Page<Comment>).items).toMatchObject([
      { id: comment.id, deleted: true, author: null, text: null, counts: { replies: 1 } },
      { id: thanks.id, replyTo: comment.id },
    ]);
    expect((await ada.see(post)).counts.comments).toBe(1);
  });

  it('hides replies from a thread and its count, and shows them again', async () => {
    const [ada, grace, mary] = await people('ada10', 'grace10', 'mary10');
    if (!ada || !grace || !mary) throw new Error('expected three people');
    const post = await posted(ada);
    const root = await mary.comment(post, 'Lovely');
    const first = await mary.comment(post, 'Lovely indeed', root);
    const deeper = await grace.comment(post, 'Is it?', first);
    const begun = async () => {
      const { body } = await mary.request('get', `/v1/posts/${post.id}/comments?sort=top`).expect(200);
      const [{ replies } = { replies: null }] = (body as Page<CommentThread>).items;
      return { count: replies?.count, first: replies?.first.map(({ id, counts }) => [id, counts.replies]) };
    };
    const before = await begun();
    expect(before).toEqual({
      count: 2,
      first: [
        [first.id, 1],
        [deeper.id, 0],
      ],
    });
    await ada.request('put', `/v1/users/${grace.id}/block`).expect(200);
    await stack.quiet();
    expect(await begun()).toEqual({ count: 1, first: [[first.id, 0]] });
    await ada.request('delete', `/v1/users/${grace.id}/block`).expect(200);
    await stack.quiet();
    expect(await begun()).toEqual(before);
  });

  it('does not keep one from taking back a like', async () => {
    const [ada, grace] = await pair('ada6', 'grace6');
    const post = await posted(ada);
    await grace.like(post);
    await ada.request('put', `/v1/users/${grace.id}/block`).expect(200);
    await grace.request('delete', `/v1/posts/${post.id}/like`).expect(204);
    await ada.request('delete', `/v1/users/${grace.id}/block`).expect(200);
    await stack.quiet();
    expect((await grace.see(post)).counts.likes).toBe(0);
  });

  it.each(['block', 'mute', 'follow'])('refuses to %s oneself, and somebody who is gone', async (what) => {
    const [ada, grace] = await pair(`ada.${what}`, `grace.${what}`);
    const self = await ada.request('put', `/v1/users/${ada.id}/${what}`).expect(422);
    expect(self.body).toMatchObject({ code: 'self_not_allowed' });
    await grace.request('delete', '/v1/me', { password: 'correct horse battery staple' }).expect(202);
    await ada.request('put', `/v1/users/${grace.id}/${what}`).expect(404);
  });
});

describe('a mute', () => {
  it('keeps posts out of the feed, silently, and undoes without a trace', async () => {
    const [ada, grace] = await pair('ada7', 'grace7');
    await grace.follow(ada);
    const post = await posted(ada);
    await stack.quiet();
    expect(await feedOf(grace)).toEqual([post.id]);
    await grace.request('put', `/v1/users/${ada.id}/mute`).expect(200);
    await grace.request('put', `/v1/users/${ada.id}/mute`).expect(200);
    expect(await feedOf(grace)).toEqual([]);
    expect(await names(grace, '/v1/me/muted')).toEqual(['ada7']);
    expect((await ada.request('get', `/v1/users/${grace.id}`)).body).toMatchObject({
      relationship: { followedBy: true, muting: false },
    });
    await grace.request('delete', `/v1/users/${ada.id}/mute`).expect(200);
    expect(await feedOf(grace)).toEqual([post.id]);
  });
});
