import request from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Page, ProblemBody, User } from './harness/contract.js';
import { signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { startStack, type Stack } from './harness/stack.js';

let stack: Stack;
let ada: Person;

beforeAll(async () => {
  stack = await startStack();
  ada = await signUp(stack, 'ada', { displayName: 'Ada Lovelace' });
});
afterAll(() => stack.stop());

type Query = Record<string, string | number>;

async function search<Item = User>(person: Person, query: Query): Promise<Page<Item>> {
  const text = new URLSearchParams(
    Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
  );
  return (await person.request('get', `/v1/search?${text.toString()}`).expect(200)).body as Page<Item>;
}

const names = async (person: Person, q: string): Promise<string[]> =>
  (await search(person, { q })).items.map(({ username }) => username);

describe('people', () => {
  test('are found by the beginning of their name, or of any word of it', async () => {
    await Promise.all([
      signUp(stack, 'zuse', { displayName: 'Konrad Zuse' }),
      signUp(stack, 'konrad.z', { displayName: '' }),
      signUp(stack, 'noether', { displayName: 'Émmy Nœther' }),
      signUp(stack, 'x_lovage'),
    ]);
    expect(new Set(await names(ada, 'konr'))).toEqual(new Set(['konrad.z', 'zuse']));
    expect(new Set(await names(ada, 'lov'))).toEqual(new Set(['ada', 'x_lovage']));
    expect(await names(ada, '@zuse')).toEqual(['zuse']);
    expect(await names(ada, 'love')).toEqual(expect.arrayContaining(['ada']));
  });

  test('are found whatever the accents, case and width, in any script', async () => {
    await Promise.all([
      signUp(stack, 'soren', { displayName: 'Søren Åberg' }),
      signUp(stack, 'fuji', { displayName: '藤原 さくら' }),
      signUp(stack, 'olga', { displayName: 'Ольга Йовкова' }),
      signUp(stack, 'minji', { displayName: '김민지' }),
    ]);
    expect(await names(ada, 'EMMY')).toContain('noether');
    expect(await names(ada, 'ａｂｅｒｇ')).toContain('soren');
    expect(await names(ada, 'søren')).toContain('soren');
    expect(await names(ada, 'さく')).toContain('fuji');
    expect(await names(ada, '藤')).toContain('fuji');
    expect(await names(ada, 'иовк')).toContain('olga');
    expect(await names(ada, '김민')).toContain('minji');
  });

  test('are found with a slip of the finger', async () => {
    expect(await names(ada, 'lovelase')).toContain('ada');
    expect(await names(ada, 'konard')).toContain('zuse');
  });

  test('come in the order of how near they are, then exact ones, then the larger', async () => {
    const [mia, mia1, mia2, mia3, mia4] = (await Promise.all(
      ['mia', 'mia1', 'mia2', 'mia3', 'mia4'].map((name) => signUp(stack, name)),
    )) as [Person, Person, Person, Person, Person];
    const reader = await signUp(stack, 'reader');
    await mia2.follow(reader);
    await reader.follow(mia4);
    await reader.follow(mia3);
    await mia3.follow(reader);
    await ada.follow(mia1);
    await stack.folded();
    expect(await names(reader, 'mia')).toEqual(['mia3', 'mia4', 'mia2', 'mia', 'mia1']);
    expect((await names(mia, 'mia')).slice(0, 1)).toEqual(['mia']);
    expect((await search(reader, { q: 'mia' })).items[0]).toMatchObject({
      id: mia3.id,
      relationship: { following: true, followedBy: true },
    });
  });

  test('who block or are blocked, and closed accounts, are not found', async () => {
    const [bob, eve, gone] = (await Promise.all(
      ['blockbob', 'blockeve', 'blockgone'].map((name) => signUp(stack, name)),
    )) as [Person, Person, Person];
    expect(new Set(await names(eve, 'block'))).toEqual(new Set(['blockbob', 'blockeve', 'blockgone']));
    await bob.request('put', `/v1/users/${eve.id}/block`).expect(200);
    await gone.request('delete', '/v1/me', { password: 'correct horse battery staple' }).expect(202);
    expect(await names(eve, 'block')).toEqual(['blockeve']);
    expect(await names(bob, 'block')).toEqual(['blockbob']);
    expect(await names(eve, 'closed')).toEqual([]);
  });

  test('are found under their new name alone', async () => {
    const person = await signUp(stack, 'oldname');
    await person.request('patch', '/v1/me', { username: 'brandnew' }).expect(200);
    expect(await names(ada, 'brandn')).toEqual(['brandnew']);
    expect(await names(ada, 'oldname')).toEqual([]);
  });

  test('are found whatever is typed, and nobody by signs alone', async () => {
    for (const q of ['%%', "'\"\\'", '____', '((((']) {
      const found = await search(ada, { q });
      expect(found).toMatchObject({ items: [], nextCursor: null, complete: true });
    }
  });

  test('need a token', async () => {
    const refused = await request(stack.url).get('/v1/search?q=ada').expect(401);
    expect((refused.body as ProblemBody).code).toBe('token_missing');
  });
});

describe('pages of a search', () => {
  let first: Page<User>;

  beforeAll(async () => {
    for (let from = 0; from < 25; from += 5)
      await Promise.all([0, 1, 2, 3, 4].map((more) => signUp(stack, `paula${from + more}`)));
    first = await search(ada, { q: 'paula', limit: 10 });
  });

  test('hold together while the order changes', async () => {
    const all = first.items.map(({ id }) => id);
    const last = await signUp(stack, 'paul');
    await ada.follow(last);
    let page = first;
    while (page.nextCursor !== null) {
      page = await search(ada, { q: 'paula', limit: 10, cursor: page.nextCursor });
      all.push(...page.items.map(({ id }) => id));
    }
    expect(all).toHaveLength(25);
    expect(new Set(all).size).toBe(25);
    const back = await search(ada, { q: 'paula', limit: 10, newer: page.prevCursor ?? '' });
    expect(back.items.map(({ id }) => id)).toEqual(all.slice(10, 20));
  });

  test.each([
    ['another query', { q: 'ada' }, 400, 'cursor_invalid'],
    ['another type', { q: 'paula', type: 'tags' }, 400, 'cursor_invalid'],
  ])('do not go on in %s', async (_, query, status, code) => {
    const text = new URLSearchParams({ ...query, cursor: first.nextCursor ?? '' }).toString();
    const refused = await ada.request('get', `/v1/search?${text}`).expect(status);
    expect((refused.body as ProblemBody).code).toBe(code);
  });

  test('do not go on for somebody else', async () => {
    const text = new URLSearchParams({ q: 'paula', cursor: first.nextCursor ?? '' }).toString();
    await (await signUp(stack, 'other')).request('get', `/v1/search?${text}`).expect(400);
  });

  test('that are held no longer say so', async () => {
    await stack.redis.flushall();
    const text = new URLSearchParams({ q: 'paula', cursor: first.nextCursor ?? '' }).toString();
    const refused = await ada.request('get', `/v1/search?${text}`).expect(410);
    expect((refused.body as ProblemBody).code).toBe('list_expired');
  });
});

describe('tags and places', () => {
  test('are found with their counts, the larger first', async () => {
    let seed = 0;
    const post = async (caption: string, place: object | null = null) => {
      seed += 1;
      await ada.post([await ada.upload(await drawn({ seed, width: 320, height: 240 }))], { caption, place });
    };
    await post('#Lighthouse #light', { name: 'Île de Ré', latitude: 46.2, longitude: -1.4 });
    await post('#lighthouse', { name: 'ÎLE DE RÉ' });
    await post('#lightning #café');
    await stack.folded();
    const tags = (await search<{ tag: string; postsCount: number }>(ada, { q: '#Ligh', type: 'tags' })).items;
    expect(tags[0]).toEqual({ tag: 'lighthouse', postsCount: 2 });
    expect(new Set(tags.map(({ tag }) => tag))).toEqual(new Set(['lighthouse', 'light', 'lightning']));
    expect((await search(ada, { q: 'cafe', type: 'tags' })).items).toEqual([{ tag: 'café', postsCount: 1 }]);
    expect((await search(ada, { q: 'lightouse', type: 'tags' })).items).toContainEqual({
      tag: 'lighthouse',
      postsCount: 2,
    });
    for (const q of ['ile', 'île de r', 'Ré'])
      expect((await search(ada, { q, type: 'places' })).items).toEqual([
        { name: 'Île de Ré', latitude: 46.2, longitude: -1.4, postsCount: 2 },
      ]);
  });

  test('that only private people name are not found', async () => {
    const emmy = await signUp(stack, 'emmy', {});
    await emmy.request('patch', '/v1/me', { private: true }).expect(200);
    const photo = await emmy.upload(await drawn({ seed: 99, width: 320, height: 240 }));
    await emmy.post([photo], { caption: '#secretparty', place: { name: 'Secret garden' } });
    await stack.folded();
    expect((await search(ada, { q: 'secret', type: 'tags' })).items).toEqual([]);
    expect((await search(ada, { q: 'secret', type: 'places' })).items).toEqual([]);
  });
});

describe('hostile and empty queries', () => {
  test.each([
    ['', 'too_short', { limit: 2, actual: 0 }],
    ['%', 'too_short', { limit: 2, actual: 1 }],
    ["'", 'too_short', { limit: 2, actual: 1 }],
    [' a ', 'too_short', { limit: 2, actual: 1 }],
    ['x'.repeat(101), 'too_long', { limit: 100, actual: 101 }],
    ['x'.repeat(10_000), 'too_long', { limit: 100, actual: 10_000 }],
    ['a\u0000b', 'character_not_allowed', { character: 'U+0000', position: 1 }],
  ])('%j is refused', async (q, code, params) => {
    const refused = await ada.request('get', `/v1/search?${new URLSearchParams({ q }).toString()}`);
    expect(refused.status).toBe(422);
    expect((refused.body as ProblemBody).errors).toEqual([{ parameter: 'q', code, params }]);
  });

  test.each([
    '%%',
    '__',
    "''",
    '\\\\',
    '%_%',
    "'; DROP TABLE users; --",
    '....',
    '@@',
    '🌊🌊',
    'zz%',
    '\\%zz',
    '( | )',
  ])('%j finds nobody', async (q) => {
    for (const type of ['users', 'tags', 'places'])
      expect((await search(ada, { q, type })).items).toEqual([]);
  });

  test('of another type are refused', async () => {
    const refused = await ada.request('get', '/v1/search?q=ada&type=photos').expect(422);
    expect((refused.body as ProblemBody).errors).toMatchObject([{ parameter: 'type', code: 'not_allowed' }]);
  });
});
