import request from 'supertest';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Comment, Page, Post, ProblemBody } from './harness/contract.js';
import { PASSWORD, signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { sharedStack } from './harness/shared-stack.js';
import type { Stack } from './harness/stack.js';

interface Entity {
  type: 'hashtag' | 'mention';
  start: number;
  end: number;
  tag?: string;
  userId?: string;
}
type Tagged = Post & { captionEntities: Entity[] };
type Said = Comment & { entities: Entity[] };

let stack: Stack;
let ada: Person;
let grace: Person;
let mary: Person;
let seed = 0;

beforeAll(async () => {
  stack = await sharedStack();
  [ada, grace, mary] = (await Promise.all(
    ['ada', 'grace', 'mary'].map(async (name) => signUp(stack, name)),
  )) as [Person, Person, Person];
});

async function post(person: Person, caption: string, more: object = {}): Promise<Tagged> {
  seed += 1;
  const photo = await person.upload(await drawn({ seed, width: 320, height: 240 }));
  return (await person.post([photo], { caption, ...more })) as Tagged;
}

async function change(person: Person, { id }: { id: string }, body: object): Promise<Tagged> {
  return (await person.request('patch', `/v1/posts/${id}`, body).expect(200)).body as Tagged;
}

async function under(
  kind: 'tags' | 'places',
  name: string,
  person: Person | null = null,
  query = '',
): Promise<string[]> {
  const path = `/v1/${kind}/${encodeURIComponent(name)}/posts${query}`;
  const response = await (person ? person.request('get', path) : request(stack.url).get(path)).expect(200);
  return (response.body as Page<Post>).items.map(({ id }) => id);
}

async function counted(table: 'tags' | 'places', name: string): Promise<number | undefined> {
  await stack.folded();
  const [row] = await stack.database.query<{ posts_count: number }>(
    `SELECT posts_count FROM ${table} WHERE name = $1`,
    [name],
  );
  return row?.posts_count;
}

describe('a caption', () => {
  test('names its tags and people by their places in it', async () => {
    const caption = '🌊 #Été with @Grace, @nobody and #霧';
    const { captionEntities } = await post(ada, caption);
    expect(captionEntities.map(({ start, end }) => caption.slice(start, end))).toEqual([
      '#Été',
      '@Grace',
      '#霧',
    ]);
    expect(captionEntities).toMatchObject([
      { type: 'hashtag', tag: 'Été' },
      { type: 'mention', userId: grace.id },
      { type: 'hashtag', tag: '霧' },
    ]);
  });

  test('has the places of its words in the text that is kept', async () => {
    const made = await post(ada, '\u202aby\u202c \u2068@grace\u2069 at \u202e#Été #_');
    expect(made.caption).toBe('by \u2068@grace\u2069 at #Été #_');
    expect(made.captionEntities).toEqual([
      { type: 'mention', start: 4, end: 10, userId: grace.id },
      { type: 'hashtag', start: 15, end: 19, tag: 'Été' },
    ]);
  });

  test('keeps its mentions when somebody is renamed', async () => {
    const made = await post(ada, 'Thanks, @mary');
    await mary.request('patch', '/v1/me', { username: 'mary.s' }).expect(200);
    expect(((await ada.see(made)) as Tagged).captionEntities).toMatchObject([{ userId: mary.id }]);
  });

  test('names neither in it nor in a comment the next owner of a name that was given up', async () => {
    const former = await signUp(stack, 'former');
    const { username } = former.user;
    const made = await post(ada, `Thanks, @${username}`);
    await ada.comment(made, `Hello @${username}`);
    await former.request('patch', '/v1/me', { username: `${username}.s` }).expect(200);
    await stack.database.query(
      `UPDATE usernames SET given_up_at = given_up_at - interval '91 days' WHERE username = $1`,
      [username],
    );
    const next = await signUp(stack, 'next');
    await next.request('patch', '/v1/me', { username }).expect(200);
    await stack.folded();
    const old = { type: 'mention', userId: former.id };
    const seen = async () => {
      const { body } = await next.request('get', `/v1/posts/${made.id}/comments`).expect(200);
      const [comment] = (body as Page<Said>).items;
      return [((await next.see(made)) as Tagged).captionEntities, comment?.entities];
    };
    expect(await seen()).toMatchObject([[old], [old]]);
    const told = async () =>
      ((await next.request('get', '/v1/notifications').expect(200)).body as Page<unknown>).items;
    expect(await told()).toEqual([]);
    await change(ada, made, { caption: `Thank you, @${username}` });
    await stack.folded();
    expect(await seen()).toMatchObject([[old], [old]]);
    expect(await told()).toEqual([]);
    expect((await post(ada, `Hello @${username}`)).captionEntities).toMatchObject([{ userId: next.id }]);
    await former.request('delete', '/v1/me', { password: PASSWORD }).expect(202);
    await stack.folded();
    expect((await change(ada, made, { caption: `Thanks, @${username}!` })).captionEntities).toEqual([]);
  });

  test('names nobody who blocked its author', async () => {
    const annie = await signUp(stack, 'annie');
    await annie.request('put', `/v1/users/${ada.id}/block`).expect(200);
    expect((await post(ada, 'Hello @annie')).captionEntities).toEqual([]);
  });

  test('changes its tags and mentions with its words', async () => {
    const made = await post(ada, '#before @grace');
    const changed = await change(ada, made, { caption: 'now #after' });
    expect(changed.captionEntities).toEqual([{ type: 'hashtag', start: 4, end: 10, tag: 'after' }]);
    expect(await under('tags', 'before')).toEqual([]);
    expect(await under('tags', 'after')).toEqual([made.id]);
    expect((await change(ada, made, { caption: null })).captionEntities).toEqual([]);
    expect(await under('tags', 'after')).toEqual([]);
    expect(await counted('tags', 'after')).toBe(0);
  });

  const words = (sign: string, count: number) =>
    Array.from({ length: count }, (_, index) => `${sign}w${index}`).join(' ');
  test.each([
    ['31 tags', words('#', 31), 'too_many_tags', { limit: 30, actual: 31 }],
    ['31 mentions', words('@', 31), 'too_many_mentions', { limit: 30, actual: 31 }],
    ['a tag of 101 characters', `#${'é'.repeat(101)}`, 'tag_too_long', { limit: 100, actual: 101 }],
    ['a tag that is longer folded', `#${'ﷺ'.repeat(60)}`, 'tag_too_long', { limit: 100, actual: 900 }],
  ])('of %s is refused', async (_, caption, code, params) => {
    const photo = await ada.upload(await drawn({ seed: 1_000, width: 320, height: 240 }));
    const refused = await ada.request('post', '/v1/posts', { photoIds: [photo.id], caption }).expect(422);
    expect(refused.body as ProblemBody).toMatchObject({
      code: 'validation_failed',
      errors: [{ pointer: '/caption', code, params }],
    });
  });

  test('of 30 tags, and of one of 100 characters, is taken', async () => {
    expect((await post(ada, words('#', 30))).captionEntities).toHaveLength(30);
    const long = 'é'.repeat(100);
    const made = await post(ada, `#${long}`);
    expect(await under('tags', long.toUpperCase())).toEqual([made.id]);
  });
});

describe('a comment', () => {
  test('names tags and people, and keeps its tags off the tag pages', async () => {
    const made = await post(ada, 'Look');
    const comment = (await grace.comment(made, '@ada #lovely')) as Comment & { entities: Entity[] };
    expect(comment.entities).toEqual([
      { type: 'mention', start: 0, end: 4, userId: ada.id },
      { type: 'hashtag', start: 5, end: 12, tag: 'lovely' },
    ]);
    expect(await under('tags', 'lovely')).toEqual([]);
  });

  test('of 31 mentions is refused', async () => {
    const made = await post(ada, 'Look');
    const text = Array.from({ length: 31 }, () => '@ada').join(' ');
    const refused = await grace.request('post', `/v1/posts/${made.id}/comments`, { text }).expect(422);
    expect((refused.body as ProblemBody).errors).toMatchObject([
      { pointer: '/text', code: 'too_many_mentions' },
    ]);
  });
});

describe('a tag’s page', () => {
  test('is one for every case and width, newest first, without a token', async () => {
    const made = [await post(ada, '#Hafen'), await post(grace, '#hafen'), await post(ada, '＃ＨＡＦＥＮ!')];
    const newestFirst = made.map(({ id }) => id).reverse();
    for (const name of ['hafen', 'HAFEN', 'ｈafen', '#hafen'])
      expect(await under('tags', name)).toEqual(newestFirst);
    expect(await counted('tags', 'hafen')).toBe(3);
  });

  test('is one for every i', async () => {
    const made = [await post(ada, '#İstanbul'), await post(grace, '#istanbul'), await post(ada, '#ISTANBUL')];
    const newestFirst = made.map(({ id }) => id).reverse();
    for (const name of ['istanbul', 'İSTANBUL', 'ıstanbul'])
      expect(await under('tags', name)).toEqual(newestFirst);
  });

  test('goes on by key, both ways', async () => {
    const made: string[] = [];
    for (const caption of ['#pages 1', '#pages 2', '#pages 3', '#pages 4', '#pages 5'])
      made.unshift((await post(ada, caption)).id);
    const first = (await request(stack.url).get('/v1/tags/pages/posts?limit=2').expect(200))
      .body as Page<Post>;
    expect(first.items.map(({ id }) => id)).toEqual(made.slice(0, 2));
    const cursor = encodeURIComponent(first.nextCursor ?? '');
    expect(await under('tags', 'Pages', null, `?limit=2&cursor=${cursor}`)).toEqual(made.slice(2, 4));
    const above = encodeURIComponent(first.prevCursor ?? '');
    const newer = await post(ada, '#pages 6');
    expect(await under('tags', 'pages', null, `?newer=${above}`)).toEqual([newer.id]);
    await request(stack.url).get(`/v1/tags/other/posts?cursor=${cursor}`).expect(400);
  });

  test('tells strangers nothing of what they may not see', async () => {
    const hermit = await signUp(stack, 'hermit');
    await hermit.request('patch', '/v1/me', { private: true }).expect(200);
    const mine = [await post(ada, '#told 1'), await post(ada, '#told 2')].map(({ id }) => id).reverse();
    const hidden = [await post(ada, '#told 3'), await post(hermit, '#told 4')];
    await ada.request('put', `/v1/posts/${hidden[0]?.id}/archive`).expect(200);
    for (let number = 5; number < 9; number += 1) hidden.push(await post(hermit, `#told ${number}`));
    const first = (await request(stack.url).get('/v1/tags/told/posts?limit=1').expect(200))
      .body as Page<Post>;
    expect(first.items.map(({ id }) => id)).toEqual(mine.slice(0, 1));
    const cursors = [first.nextCursor, first.prevCursor].map((cursor) =>
      Buffer.from(cursor ?? '', 'base64url'),
    );
    for (const { id } of hidden) {
      const bytes = Buffer.alloc(8);
      bytes.writeBigUInt64BE(BigInt(id));
      for (const cursor of cursors) expect(cursor.includes(bytes)).toBe(false);
    }
    const cursor = encodeURIComponent(first.nextCursor ?? '');
    expect(await under('tags', 'told', null, `?limit=1&cursor=${cursor}`)).toEqual(mine.slice(1));
    // A list that was begun signed out is begun anew signed in.
    await ada.request('get', `/v1/tags/told/posts?cursor=${cursor}`).expect(400);
  });

  test.each(['unknown', '%', "'", '1', 'a b', '\u0000', 'x'.repeat(90)])(
    'of %j, which nobody used, is empty',
    async (name) => {
      expect(await under('tags', name)).toEqual([]);
      expect(await under('places', name)).toEqual([]);
    },
  );

  test('shows a post when it is published, and no longer when it is archived or deleted', async () => {
    const photo = await ada.send(await drawn({ seed: 77, width: 3_000, height: 2_000 }));
    const made = await ada.post([photo], { caption: '#slow' });
    await stack.folded();
    expect(await under('tags', 'slow')).toEqual([made.id]);
    await ada.request('put', `/v1/posts/${made.id}/archive`).expect(200);
    expect(await under('tags', 'slow', ada)).toEqual([]);
    expect(await counted('tags', 'slow')).toBe(0);
    await ada.request('delete', `/v1/posts/${made.id}/archive`).expect(200);
    expect(await under('tags', 'slow')).toEqual([made.id]);
    expect(await counted('tags', 'slow')).toBe(1);
    await ada.remove(made);
    expect(await under('tags', 'slow')).toEqual([]);
    expect(await counted('tags', 'slow')).toBe(0);
  });

  test('shows private posts to followers alone, and counts them for nobody', async () => {
    const emmy = await signUp(stack, 'emmy');
    const made = await post(emmy, '#ring', { place: { name: 'Erlangen' } });
    expect(await counted('tags', 'ring')).toBe(1);
    await grace.follow(emmy);
    await emmy.request('patch', '/v1/me', { private: true }).expect(200);
    expect(await under('tags', 'ring')).toEqual([]);
    expect(await under('tags', 'ring', ada)).toEqual([]);
    expect(await under('tags', 'ring', grace)).toEqual([made.id]);
    expect(await counted('tags', 'ring')).toBe(0);
    expect(await counted('places', 'erlangen')).toBe(0);
    const second = await post(emmy, '#ring');
    expect(await counted('tags', 'ring')).toBe(0);
    await emmy.request('patch', '/v1/me', { private: false }).expect(200);
    expect(await counted('tags', 'ring')).toBe(2);
    await change(emmy, second, { caption: 'no more' });
    expect(await counted('tags', 'ring')).toBe(1);
  });

  test('hides both from each other after a block', async () => {
    const [hugo, ida] = await Promise.all([signUp(stack, 'hugo'), signUp(stack, 'ida')]);
    const made = await post(hugo, '#blocked');
    expect(await under('tags', 'blocked', ida)).toEqual([made.id]);
    await ida.request('put', `/v1/users/${hugo.id}/block`).expect(200);
    expect(await under('tags', 'blocked', ida)).toEqual([]);
    const other = await post(ida, '#blocked');
    expect(await under('tags', 'blocked', hugo)).toEqual([made.id]);
    expect(await under('tags', 'blocked')).toEqual([other.id, made.id]);
  });

  test('survives many who use a new tag at once', async () => {
    const captions = Array.from({ length: 8 }, (_, index) => (index % 2 ? '#race #dash' : '#dash #race'));
    const made = await Promise.all(captions.map((caption) => post(ada, caption)));
    expect(new Set(await under('tags', 'race'))).toEqual(new Set(made.map(({ id }) => id)));
    expect(await counted('tags', 'race')).toBe(8);
    expect(await counted('tags', 'dash')).toBe(8);
  });
});

describe('a place', () => {
  test('has its posts, in every spelling', async () => {
    const place = { name: 'São  Paulo', latitude: -23.5, longitude: -46.6 };
    const made = await post(ada, '', { place });
    expect(await under('places', 'SÃO PAULO')).toEqual([made.id]);
    const other = await post(ada, '', { place: { name: 'Sao-Paulo' } });
    expect(await under('places', 'são paulo')).toEqual([other.id, made.id]);
    await change(ada, other, { place: null });
    await change(ada, made, { place: { name: 'Santos' } });
    expect(await under('places', 'são paulo')).toEqual([]);
    expect(await under('places', 'santos')).toEqual([made.id]);
    await change(ada, made, { place: null });
    expect(await counted('places', 'santos')).toBe(0);
  });
});
