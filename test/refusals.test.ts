import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { faults, refused } from './harness/answers.js';
import type { Comment, Page, Post, User } from './harness/contract.js';
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

beforeEach(async () => {
  round += 1;
  [ada, grace, linus] = await Promise.all([
    signUp(stack, `ada${round}`),
    signUp(stack, `grace${round}`),
    signUp(stack, `linus${round}`),
  ]);
  post = await newPost(ada);
});

let seed = 0;
async function newPost(author: Person): Promise<Post> {
  seed += 1;
  return author.post([await author.upload(await drawn({ seed, width: 200, height: 150 }))]);
}

async function countsOf(person: Person): Promise<User['counts']> {
  await stack.quiet();
  return ((await person.request('get', '/v1/me').expect(200)).body as User).counts;
}

async function commentsOf(about: Post): Promise<Comment[]> {
  const response = await ada.request('get', `/v1/posts/${about.id}/comments`).expect(200);
  return (response.body as Page<Comment>).items;
}

describe('twice is as once', () => {
  test('following, asking, blocking and muting, and taking each back', async () => {
    for (const _ of [1, 2]) await grace.follow(ada);
    expect(await countsOf(ada)).toMatchObject({ followers: 1 });
    for (const _ of [1, 2]) await grace.unfollow(ada);
    expect(await countsOf(ada)).toMatchObject({ followers: 0 });
    await ada.request('patch', '/v1/me', { private: true }).expect(200);
    for (const _ of [1, 2]) expect(await grace.follow(ada)).toMatchObject({ requested: true });
    for (const method of ['put', 'delete'] as const)
      for (const what of ['block', 'mute'])
        for (const _ of [1, 2]) await ada.request(method, `/v1/users/${grace.id}/${what}`).expect(200);
    expect(await countsOf(ada)).toMatchObject({ followers: 0, following: 0 });
    expect(await countsOf(grace)).toMatchObject({ followers: 0, following: 0 });
  });
});

describe('a request to follow', () => {
  test('that was withdrawn, turned down, or never made cannot be let in', async () => {
    await ada.request('patch', '/v1/me', { private: true }).expect(200);
    const letIn = () => ada.request('put', `/v1/follow-requests/${grace.id}`);
    refused(await letIn(), 404, 'not_found');
    await grace.follow(ada);
    await grace.unfollow(ada);
    refused(await letIn(), 404, 'not_found');
    await grace.follow(ada);
    await ada.request('delete', `/v1/follow-requests/${grace.id}`).expect(200);
    refused(await letIn(), 404, 'not_found');
    refused(await ada.request('put', '/v1/follow-requests/nobody'), 404, 'not_found');
    expect(await countsOf(ada)).toMatchObject({ followers: 0 });
  });
});

describe('a reply', () => {
  const reply = (to: { id: string }, person = grace, about = post) =>
    person.request('post', `/v1/posts/${about.id}/comments`, { text: 'Well', replyTo: to.id });

  test('to another post’s comment or reply, and to what is deleted or no comment is refused', async () => {
    const [other, first] = [await newPost(ada), await ada.comment(post, 'Look')];
    const answer = await ada.comment(post, 'There', first);
    const elsewhere = await ada.comment(other, 'Elsewhere');
    const below = await ada.comment(other, 'Below', elsewhere);
    const withdrawn = await ada.comment(post, 'Oh', answer);
    await ada.request('delete', `/v1/comments/${withdrawn.id}`).expect(204);
    const gone = await ada.comment(post, 'Never mind');
    await ada.request('delete', `/v1/comments/${gone.id}`).expect(204);
    for (const to of [withdrawn, elsewhere, below, gone, post, { id: '1' }])
      refused(await reply(to), 422, 'reply_not_allowed');
    await stack.quiet();
    expect((await commentsOf(post)).map(({ id }) => id)).toEqual([first.id, answer.id]);
    expect((await ada.see(post)).counts).toMatchObject({ comments: 2 });
  });

  test('to somebody whom one does not meet is refused as to nobody', async () => {
    const word = await grace.comment(post, 'Look');
    await linus.request('put', `/v1/users/${grace.id}/block`).expect(200);
    refused(await reply(word, linus), 422, 'reply_not_allowed');
    await ada.request('put', `/v1/users/${grace.id}/block`).expect(200);
    refused(await reply(word, ada), 422, 'reply_not_allowed');
  });
});

describe('one’s own post that is not published', () => {
  test('can be read, and is neither liked, saved, commented on nor archived', async () => {
    await stack.worker.kill();
    const photo = await ada.send(await drawn({ seed: 9_000, width: 200, height: 150 }));
    const own = await ada.post([photo]);
    const tried = async () => [
      await ada.request('put', `/v1/posts/${own.id}/like`),
      await ada.request('put', `/v1/posts/${own.id}/save`),
      await ada.request('put', `/v1/posts/${own.id}/archive`),
      await ada.request('post', `/v1/posts/${own.id}/comments`, { text: 'Mine' }),
    ];
    const answers = await tried();
    await stack.worker.start();
    for (const answer of answers) {
      expect(refused(answer, 409, 'post_not_published').params).toEqual({ state: 'publishing' });
      expect(answer.headers['retry-after']).toBe('1');
    }
    refused(await grace.request('put', `/v1/posts/${own.id}/like`), 404, 'not_found');
    await ada.settled(photo);
    await stack.quiet();
    expect((await ada.see(own)).state).toBe('published');
    expect((await tried()).map(({ status }) => status)).toEqual([200, 200, 200, 201]);
  });
});

describe('words', () => {
  const invisible = ['   ', '\n\n', '\u200b', '\u200d\u2060\ufeff', '\u3164', '\ufe0f', '\u034f\u0301'];
  test.each(invisible)('of which nothing is seen (%j) are no comment', async (text) => {
    const sent = await grace.request('post', `/v1/posts/${post.id}/comments`, { text });
    expect(faults(sent)).toEqual(['/text too_short']);
  });

  test('are kept without what turns those around them, as phones paste it', async () => {
    const pasted = '\u202aCall\u202c \u2068Ada\u2069 \u202eback \u2066on';
    const bio = { bio: pasted, displayName: pasted };
    const kept = 'Call \u2068Ada\u2069 back on';
    expect((await ada.request('patch', '/v1/me', bio).expect(200)).body).toMatchObject({
      bio: kept,
      displayName: kept,
    });
    expect(await grace.comment(post, pasted)).toMatchObject({ text: kept });
    const sent = await grace.request('post', `/v1/posts/${post.id}/comments`, {
      text: '\u202a \u2068\u202c',
    });
    expect(faults(sent)).toEqual(['/text too_short']);
    await ada.request('patch', '/v1/me', { bio: null, displayName: null }).expect(200);
  });

  test.each([
    [' \ta\u0001b', 'U+0001', 3],
    ['🌊\u0000', 'U+0000', 2],
    ['\ud83d', 'U+D83D', 0],
    ['Cafe\u0301 \uffff', 'U+FFFF', 6],
  ])('of %j are told which character may not be, and where', async (text, character, position) => {
    const sent = await grace.request('post', `/v1/posts/${post.id}/comments`, { text });
    expect(refused(sent, 422, 'validation_failed').errors).toEqual([
      { pointer: '/text', code: 'character_not_allowed', params: { character, position } },
    ]);
  });

  const hostile = ['nothing \u0000', 'escaped \u001b[2J', '\ud83d'];
  test.each(hostile)('that control what is around them (%j) are refused everywhere', async (text) => {
    const photo = await ada.upload(await drawn({ seed: 5_000 + round, width: 200, height: 150 }));
    const posts = await ada.request('post', '/v1/posts', { photoIds: [photo.id], caption: text });
    expect(faults(posts)).toEqual(['/caption character_not_allowed']);
    const comment = await ada.request('post', `/v1/posts/${post.id}/comments`, { text });
    expect(faults(comment)).toEqual(['/text character_not_allowed']);
    const renamed = await ada.request('patch', '/v1/me', { displayName: text, bio: text });
    expect(faults(renamed)).toEqual(['/bio character_not_allowed', '/displayName character_not_allowed']);
    const described = await ada.request('patch', `/v1/photos/${photo.id}`, { altText: text });
    expect(faults(described)).toEqual(['/altText character_not_allowed']);
    const collected = await ada.request('post', '/v1/me/collections', { name: text });
    expect(faults(collected)).toEqual(['/name character_not_allowed']);
    expect(await commentsOf(post)).toEqual([]);
    // The photo is still free: nothing was left half done.
    await ada.request('post', '/v1/posts', { photoIds: [photo.id] }).expect(201);
  });
});
