import request from 'supertest';
import { beforeAll, describe, expect, test } from 'vitest';
import { anId, faults, moment, refused } from './harness/answers.js';
import type { Comment, Page, Photo, Post, User } from './harness/contract.js';
import { signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { sharedStack } from './harness/shared-stack.js';
import type { Stack } from './harness/stack.js';

let stack: Stack;
let ada: Person;
let grace: Person;
let seed = 300;

beforeAll(async () => {
  stack = await sharedStack();
  [ada, grace] = await Promise.all([signUp(stack, 'ada'), signUp(stack, 'grace')]);
  await grace.follow(ada);
});

const picture = () => drawn({ width: 200, height: 150, seed: (seed += 1) });
const photo = async (person = ada): Promise<Photo> => person.upload(await picture());
const posting = (fields: object, person = ada) => person.request('post', '/v1/posts', fields);
const posted = async (fields = {}): Promise<Post> => ada.post([await photo()], fields);
const ids = (page: { items: { id: string }[] }) => page.items.map(({ id }) => id);
const list = async <Item>(person: Person, path: string) =>
  (await person.request('get', path).expect(200)).body as Page<Item>;

/** A JPEG without its second half. */
async function damaged(): Promise<Photo> {
  const { bytes, ...rest } = await drawn({ width: 1200, height: 800, seed: (seed += 1) });
  return ada.send({ ...rest, bytes: bytes.subarray(0, bytes.length / 2) });
}

describe('a post', () => {
  test('is answered with every named field, under an address and a short code', async () => {
    const [one, two] = [await photo(), await photo()];
    const fields = { caption: 'Fog', place: { name: 'Skagen', latitude: 57.7, longitude: 10.6 } };
    const response = await posting({
      photoIds: [two.id, one.id],
      ...fields,
      sensitive: true,
      contentWarning: 'Heights',
    });
    expect(response.status).toBe(201);
    const post = response.body as Post;
    expect(response.headers['location']).toBe(`/v1/posts/${post.id}`);
    expect(post).toEqual({
      id: anId,
      code: expect.stringMatching(/^[\w-]+$/) as string,
      url: `${stack.url}/p/${post.code}`,
      state: 'published',
      author: { id: ada.id, username: 'ada', displayName: null, avatar: null },
      ...fields,
      captionEntities: [],
      photos: [two, one],
      sensitive: true,
      contentWarning: 'Heights',
      commentsClosed: false,
      archived: false,
      failure: null,
      filtered: [],
      removed: null,
      counts: { likes: 0, comments: 0 },
      liked: false,
      saved: false,
      createdAt: moment,
      takenAt: null,
      editedAt: null,
    });
    expect((await request(stack.url).get(`/v1/posts/by/code/${post.code}`)).body).toEqual(post);
    expect((await request(stack.url).get(`/v1/posts/${post.id}`)).body).toEqual(post);
  });

  test('is its author’s alone until its photos are ready', async () => {
    await stack.worker.stop();
    let post: Post;
    try {
      const response = await posting({ photoIds: [(await ada.send(await picture())).id] });
      expect(response.status).toBe(202);
      post = response.body as Post;
      expect(post).toMatchObject({ state: 'publishing' });
      expect(ids(await ada.feed())[0]).toBe(post.id);
      expect(ids(await grace.feed())).not.toContain(post.id);
      refused(await grace.request('get', `/v1/posts/${post.id}`), 404, 'not_found');
      refused(await grace.request('put', `/v1/posts/${post.id}/like`), 404, 'not_found');
    } finally {
      await stack.worker.start();
    }
    await stack.quiet();
    expect(await grace.see(post)).toMatchObject({ state: 'published' });
    expect(ids(await grace.feed())).toContain(post.id);
  });

  test('is 201 when it was published within Prefer: wait', async () => {
    const sent = await ada.send(await picture());
    const response = await posting({ photoIds: [sent.id] }).set('Prefer', 'wait=5');
    expect([response.status, (response.body as Post).state]).toEqual([201, 'published']);
  });

  test('fails when a photo of it is rejected, and keeps showing them; its good ones may be posted again', async () => {
    const good = await photo();
    await stack.worker.stop();
    const bad = await damaged();
    const post = await ada.post([good, bad]);
    await stack.worker.start();
    await stack.quiet();
    const failure = { code: 'photo_damaged', photoId: bad.id };
    const photos = [
      { id: good.id, state: 'ready', rejection: null },
      { id: bad.id, state: 'rejected', rejection: { code: 'photo_damaged' } },
    ];
    expect(await ada.see(post)).toMatchObject({ state: 'failed', failure, photos });
    refused(await grace.request('get', `/v1/posts/${post.id}`), 404, 'not_found');
    const again = await posting({ photoIds: [good.id] }).expect(201);
    expect(again.body).toMatchObject({ state: 'published', failure: null });
    refused(await posting({ photoIds: [bad.id] }), 422, 'photo_rejected');
    // Afterwards, too, it lists the photos that it was made of.
    expect(await ada.see(post)).toMatchObject({ state: 'failed', failure, photos });
    const own = await list<Post>(ada, `/v1/users/${ada.id}/posts`);
    expect(own.items.find(({ id }) => id === post.id)).toMatchObject({ failure, photos });
    await ada.remove(post);
    expect(await ada.see(again.body as Post)).toMatchObject({ photos: [{ id: good.id, state: 'ready' }] });
  });

  test('keeps what a change does not name, clears what it sets to null, and says that it was edited', async () => {
    const post = await posted({ caption: 'One', place: { name: 'Skagen' } });
    const path = `/v1/posts/${post.id}`;
    for (const change of [{}, { commentsClosed: true }])
      expect((await ada.request('patch', path, change).expect(200)).body).toMatchObject({
        ...change,
        caption: 'One',
        editedAt: null,
      });
    const changed = await ada.request('patch', path, { caption: 'Two' }).expect(200);
    expect(changed.body).toMatchObject({
      caption: 'Two',
      place: { name: 'Skagen', latitude: null, longitude: null },
      editedAt: moment,
    });
    const cleared = await ada.request('patch', path, { caption: null, place: null }).expect(200);
    expect(cleared.body).toMatchObject({ caption: null, place: null });
    refused(await grace.request('patch', path, { caption: 'Mine' }), 404, 'not_found');
    expect(faults(await ada.request('patch', path, { photos: [] }))).toEqual(['/photos unknown_field']);
  });

  test('is deleted with its photos, and may be deleted again', async () => {
    const post = await posted();
    refused(await grace.request('delete', `/v1/posts/${post.id}`), 404, 'not_found');
    for (const _ of [1, 2]) await ada.request('delete', `/v1/posts/${post.id}`).expect(204);
    refused(await ada.request('get', `/v1/posts/${post.id}`), 404, 'not_found');
    refused(await ada.request('get', `/v1/photos/${post.photos[0]?.id}`), 404, 'not_found');
    expect(ids(await ada.feed())).not.toContain(post.id);
    expect((await ada.request('get', `/v1/posts?ids=${post.id},1,x`)).body).toEqual({ items: [] });
  });
});

describe('bad input', () => {
  test('is refused field by field', async () => {
    const { id } = await photo();
    const eleven = Array.from({ length: 11 }, (_, index) => String(index + 1));
    for (const [fields, expected] of [
      [{ photoIds: [id], caption: 'x'.repeat(2_201) }, '/caption too_long'],
      [{ photoIds: [id], caption: 'a\u0007' }, '/caption character_not_allowed'],
      [{ photoIds: eleven }, '/photoIds too_long'],
      [{ photoIds: [] }, '/photoIds too_short'],
      [{ photoIds: [id, id] }, '/photoIds duplicate'],
      [{ photoIds: ['photo'] }, '/photoIds/0 not_an_id'],
      [{ photoIds: [Number(id)] }, '/photoIds/0 wrong_type'],
      [{ photoIds: id }, '/photoIds wrong_type'],
      [{ photoIds: [id], title: 'Hm' }, '/title unknown_field'],
      [{ photoIds: [id], place: { name: 'Pole', latitude: 91, longitude: 0 } }, '/place/latitude too_large'],
      [{ photoIds: [id], place: { name: 'Pole', latitude: 90 } }, '/place incomplete'],
      [{}, '/photoIds required'],
    ] as const)
      expect(faults(await posting(fields))).toEqual([expected]);
    await posting({ photoIds: [id], caption: '🐋'.repeat(2_200) }).expect(201);
  });

  test('names the photo that cannot be posted', async () => {
    const [hers, rejected, shown] = [await photo(grace), await ada.settled(await damaged()), await photo()];
    await ada.post([shown]);
    for (const [id, code] of [
      [hers.id, 'photo_not_found'],
      ['1', 'photo_not_found'],
      [rejected.id, 'photo_rejected'],
      [shown.id, 'photo_already_posted'],
    ] as const) {
      const { params } = refused(await posting({ photoIds: [id] }), 422, code);
      expect(params).toMatchObject({ photoId: id });
    }
  });

  test('that is no id or no code finds nothing', async () => {
    for (const path of [
      '/v1/posts/x',
      '/v1/posts/0',
      '/v1/posts/9999999999999999999999',
      '/v1/posts/by/code/!!',
    ])
      refused(await ada.request('get', path), 404, 'not_found');
    for (const path of ['/v1/posts/x/like', '/v1/posts/1/save', '/v1/comments/x/like'])
      refused(await ada.request('put', path), 404, 'not_found');
  });
});

describe('likes and saves', () => {
  test('count once however often they are sent, and are seen at once by whoever sent them', async () => {
    const post = await posted();
    for (const _ of [1, 2])
      expect(await grace.like(post)).toMatchObject({ liked: true, counts: { likes: 1 } });
    expect(await grace.save(post)).toMatchObject({ saved: true });
    expect(await grace.see(post)).toMatchObject({ liked: true, saved: true });
    expect(await ada.see(post)).toMatchObject({ liked: false, saved: false });
    const likers = await list<User>(ada, `/v1/posts/${post.id}/likes`);
    expect(likers.items).toMatchObject([{ id: grace.id, relationship: { followedBy: true } }]);
    expect(ids(await list(grace, '/v1/me/liked'))[0]).toBe(post.id);
    expect(ids(await list(grace, '/v1/me/saved'))[0]).toBe(post.id);

    for (const _ of [1, 2])
      expect(await grace.unlike(post)).toMatchObject({ liked: false, counts: { likes: 0 } });
    await grace.request('delete', `/v1/posts/${post.id}/save`).expect(200);
    expect(ids(await list(grace, '/v1/me/liked'))).not.toContain(post.id);
    expect(ids(await list(grace, '/v1/me/saved'))).not.toContain(post.id);
  });

  test('can be taken back from what one no longer sees', async () => {
    const post = await posted();
    await Promise.all([grace.like(post), grace.save(post)]);
    await ada.remove(post);
    for (const what of ['like', 'save']) {
      refused(await grace.request('put', `/v1/posts/${post.id}/${what}`), 404, 'not_found');
      const response = await grace.request('delete', `/v1/posts/${post.id}/${what}`);
      expect(response.status).toBeLessThan(300);
    }
  });
});

describe('comments', () => {
  test('are read oldest first, replies among them', async () => {
    const post = await posted();
    const path = `/v1/posts/${post.id}/comments`;
    const first = await grace.comment(post, '  Where is\r\nthis? ');
    expect(first).toEqual({
      id: anId,
      postId: post.id,
      replyTo: null,
      author: { id: grace.id, username: 'grace', displayName: null, avatar: null },
      text: 'Where is\nthis?',
      entities: [],
      counts: { likes: 0, replies: 0 },
      liked: false,
      deleted: false,
      createdAt: moment,
    });
    const reply = await ada.comment(post, 'In Skagen', first);
    const oh = await grace.comment(post, 'Oh', reply);
    expect(oh).toMatchObject({ replyTo: reply.id });
    expect(faults(await grace.request('post', path, { text: ' \u200b ' }))).toEqual(['/text too_short']);
    expect(faults(await grace.request('post', path, { text: 'x'.repeat(2_201) }))).toEqual([
      '/text too_long',
    ]);
    expect(ids(await list(ada, path))).toEqual([first.id, reply.id, oh.id]);

    const liked = await ada.request('put', `/v1/comments/${first.id}/like`).expect(200);
    expect(liked.body).toMatchObject({ liked: true, counts: { likes: 1, replies: 2 } });
    const unliked = await ada.request('delete', `/v1/comments/${first.id}/like`).expect(200);
    expect(unliked.body).toMatchObject({ liked: false, counts: { likes: 0 } });
    await stack.quiet();
    expect(await ada.see(post)).toMatchObject({ counts: { comments: 3 } });
  });

  test('are deleted by who wrote them and by whose post it is, and leave a gap above replies', async () => {
    const post = await posted();
    const [asked, other] = [await grace.comment(post, 'Where?'), await grace.comment(post, 'Ah')];
    const reply = await ada.comment(post, 'Here', asked);
    refused(await grace.request('delete', `/v1/comments/${reply.id}`), 404, 'not_found');
    for (const _ of [1, 2]) await ada.request('delete', `/v1/comments/${asked.id}`).expect(204);
    await grace.request('delete', `/v1/comments/${other.id}`).expect(204);
    const { items } = await list<Comment>(grace, `/v1/posts/${post.id}/comments`);
    expect(items).toMatchObject([
      { id: asked.id, deleted: true, author: null, text: null },
      { id: reply.id, deleted: false, text: 'Here' },
    ]);
    await stack.quiet();
    expect(await ada.see(post)).toMatchObject({ counts: { comments: 1 } });
  });

  test('may be closed by whose post it is', async () => {
    const post = await posted();
    await ada.request('patch', `/v1/posts/${post.id}`, { commentsClosed: true }).expect(200);
    const path = `/v1/posts/${post.id}/comments`;
    refused(await grace.request('post', path, { text: 'But' }), 403, 'comments_closed');
    await ada.request('post', path, { text: 'I may' }).expect(201);
  });
});
