import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { Redis } from 'ioredis';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refused } from './harness/answers.js';
import type { Post } from './harness/contract.js';
import { patient } from './harness/pace.js';
import { PASSWORD, signIn, signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { challengeFor, codeOf, forgetSteps, sessionOf, setTotp, signInAt } from './harness/second-factor.js';
import { startStack, type Stack } from './harness/stack.js';
import { create } from './harness/tus.js';

const DAY = 24 * 60 * 60 * 1_000;
let stack: Stack;
let grace: Person;

beforeAll(async () => {
  stack = await startStack({ api: 2 });
  grace = await signUp(stack, 'grace');
});
afterAll(() => stack.stop());

const client = () => request(stack.url);
const close = (person: Person) => person.request('delete', '/v1/me', { password: PASSWORD }).expect(202);
const picture = (seed: number) => drawn({ seed, width: 300, height: 200 });
const form = (fields: Record<string, string>) =>
  client().post('/account/delete').type('form').send(new URLSearchParams(fields).toString());

async function postOf(person: Person, seed: number, fields: Record<string, unknown> = {}): Promise<Post> {
  return person.post([await person.upload(await picture(seed))], fields);
}

/** Of every table, the rows as text that contain one of these words. */
async function rowsWith(words: readonly string[]): Promise<{ table: string; row: string }[]> {
  const tables = await stack.database.query<{ name: string }>(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`,
  );
  const found = await Promise.all(
    tables.map(async ({ name }) => {
      const rows = await stack.database.query<{ row: string }>(
        `SELECT row FROM (SELECT to_jsonb(t)::text AS row FROM ${name} t) AS rows
         WHERE EXISTS (SELECT FROM unnest($1::text[]) AS word WHERE position(word IN row) > 0)`,
        [words],
      );
      return rows.map(({ row }) => ({ table: name, row }));
    }),
  );
  return found.flat();
}

const read: Record<string, (redis: Redis, key: string) => Promise<Buffer[]>> = {
  string: async (redis, key) => [(await redis.getBuffer(key)) ?? Buffer.alloc(0)],
  list: (redis, key) => redis.lrangeBuffer(key, 0, -1),
  set: (redis, key) => redis.smembersBuffer(key),
  zset: (redis, key) => redis.zrangeBuffer(key, 0, -1),
  hash: async (redis, key) =>
    Object.entries(await redis.hgetallBuffer(key)).flatMap(([name, value]) => [Buffer.from(name), value]),
  stream: async (redis, key) =>
    (await redis.xrange(key, '-', '+')).flatMap(([, parts]) => parts.map((part) => Buffer.from(part))),
};

/**
 * The keys of Redis that contain one of these words, or an id as eight bytes, in their name or their value, and that live longer
 * than `seconds`. The logs of the queues' jobs are shortened as they grow.
 */
async function keysWith(words: readonly string[], seconds = 0): Promise<string[]> {
  const redis = new Redis(stack.redis.operatorUrl);
  try {
    const needles = words.flatMap((word) => {
      const number = Buffer.alloc(8);
      if (/^\d+$/.test(word)) number.writeBigUInt64BE(BigInt(word));
      return /^\d+$/.test(word) ? [Buffer.from(word), number] : [Buffer.from(word)];
    });
    const named: string[] = [];
    for (const key of await redis.keys('*')) {
      const parts = [Buffer.from(key), ...((await read[await redis.type(key)]?.(redis, key)) ?? [])];
      if (!parts.some((part) => needles.some((needle) => part.includes(needle)))) continue;
      const ttl = await redis.ttl(key);
      if ((ttl === -1 || ttl > seconds) && !key.endsWith(':events')) named.push(key);
    }
    return named;
  } finally {
    redis.disconnect();
  }
}

async function filesWith(words: readonly string[]): Promise<string[]> {
  const files = await readdir(stack.objects, { recursive: true });
  return files.filter((file) => words.some((word) => file.includes(word)));
}

describe('an account that is closed', () => {
  test('is hidden at once from everybody, everywhere, and the answer says when it is deleted', async () => {
    const eve = await signUp(stack, 'eve');
    await Promise.all([grace.follow(eve), eve.follow(grace)]);
    const [hers, graces] = await Promise.all([
      postOf(eve, 1, { caption: 'Dusk #harbour' }),
      postOf(grace, 2),
    ]);
    await eve.comment(graces, 'Nice');
    await eve.like(graces);
    await grace.comment(hers, 'Where?');
    await stack.quiet();
    expect((await grace.feed()).items.map(({ id }) => id)).toContain(hers.id);

    const { body } = (await close(eve)) as { body: { deletesAt: string } };
    expect(Math.abs(Date.parse(body.deletesAt) - Date.now() - 14 * DAY)).toBeLessThan(60_000);
    refused(await eve.request('get', '/v1/me'), 401, 'session_ended');
    for (const path of [
      `/v1/users/${eve.id}`,
      '/v1/users/by/username/eve',
      `/v1/users/${eve.id}/posts`,
      `/v1/posts/${hers.id}`,
      `/v1/posts/${hers.id}/comments`,
    ])
      refused(await grace.request('get', path), 404, 'not_found');
    await stack.quiet();
    const lists = [
      '/v1/feed',
      '/v1/explore',
      '/v1/tags/harbour/posts',
      '/v1/search?type=users&q=eve',
      `/v1/posts/${graces.id}/comments`,
      `/v1/posts/${graces.id}/likes`,
      `/v1/users/${grace.id}/followers`,
      `/v1/users/${grace.id}/following`,
      '/v1/notifications',
    ];
    for (const list of lists) {
      const answer = await grace.request('get', list).expect(200);
      expect([list, answer.text.includes(eve.id)]).toEqual([list, false]);
    }
  });

  test('opens again as it was when its owner signs in before that, and is closed by a proof, too', async () => {
    const iris = await signUp(stack, 'iris');
    const post = await postOf(iris, 3, { caption: 'Dawn #harbour' });
    await grace.follow(iris);
    await stack.quiet();
    await close(iris);
    await stack.quiet();
    await expect(signIn(stack, 'iris', 'not the password at all')).rejects.toThrow('bad_credentials');
    refused(await client().get(`/v1/users/${iris.id}`), 404, 'not_found');
    await expect(signUp(stack, 'iris', { email: 'other.iris@example.org' })).rejects.toThrow(
      'username_taken',
    );

    const back = await signIn(stack, 'iris');
    refused(await back.request('delete', '/v1/me', {}), 403, 'proof_required');
    refused(await back.request('delete', '/v1/me'), 403, 'proof_required');
    await stack.quiet();
    expect(back.id).toBe(iris.id);
    expect((await grace.feed()).items.map(({ id }) => id)).toContain(post.id);
    expect((await client().get('/v1/tags/harbour/posts')).text).toContain(post.id);
    const events = await back.request('get', '/v1/me/security-events').expect(200);
    const kinds = (events.body as { items: { kind: string }[] }).items.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind.startsWith('account.'))).toEqual([
      'account.reopened',
      'account.closed',
      'account.created',
    ]);
    await stack.eraseClosed();
    await back.request('get', '/v1/me').expect(200);
    const { body } = await back.request('post', '/v1/me/proofs', { password: PASSWORD }).expect(201);
    const { proof } = body as { proof: string };
    await back.request('delete', '/v1/me').set('Narwhal-Proof', proof).expect(202);
    refused(await back.request('get', '/v1/me'), 401, 'session_ended');
  });

  test('is closed on a page, for whoever has no app; nobody else closes it', async () => {
    const ruth = await signUp(stack, 'ruth');
    const page = await client().get('/account/delete').set('Accept-Language', 'de').expect(200);
    expect(page.text).toContain('Konto löschen');
    const wrong = await form({ login: 'ruth', password: 'not the password' }).expect(403);
    expect(wrong.text).toContain('role="alert"');
    await form({ login: 'ruth', password: PASSWORD }).set('Origin', 'https://evil.example').expect(403);
    await ruth.request('get', '/v1/me').expect(200);
    const done = await form({ login: 'ruth', password: PASSWORD }).expect(200);
    expect(done.text).toContain(new Date(Date.now() + 14 * DAY).getUTCFullYear().toString());
    refused(await ruth.request('get', '/v1/me'), 401, 'session_ended');
    // Sent again, it says the same.
    await form({ login: 'ruth', password: PASSWORD }).expect(200);
  });

  test('is closed on a page only with its second factor, where it has one', async () => {
    const lena = await signUp(stack, 'lena');
    const { secret, recoveryCodes } = await setTotp(lena);
    const asked = await form({ login: 'lena', password: PASSWORD }).expect(403);
    expect(asked.text).toContain('name="factor"');
    await form({ login: 'lena', password: PASSWORD, factor: '000000' }).expect(403);
    await form({ login: 'lena', password: PASSWORD, factor: recoveryCodes[0] ?? '' }).expect(200);
    // Signing in that undoes it asks for the factor, too.
    await forgetSteps(stack);
    const { challenge } = await challengeFor(lena);
    const back = await signInAt(stack, { challenge, code: codeOf(secret) }).expect(201);
    const { accessToken } = sessionOf(back);
    await client().get('/v1/me').set('Authorization', `Bearer ${accessToken}`).expect(200);
  });
});

describe('an account whose days have passed', () => {
  test('leaves nothing of its owner in any table, in Redis or among the objects, but the record and the held name', async () => {
    const zoe = await signUp(stack, 'zoefirst');
    await zoe
      .request('patch', '/v1/me', { username: 'zoelater', displayName: 'Zoe Quartz', bio: 'Basalt' })
      .expect(200);
    const [avatar, ...photos] = await Promise.all(
      [4, 5, 6].map(async (seed) => zoe.upload(await picture(seed), { altText: 'Obsidian' })),
    );
    await zoe.request('put', '/v1/me/avatar', { photoId: avatar?.id }).expect(200);
    await Promise.all([zoe.follow(grace), grace.follow(zoe)]);
    const graces = await postOf(grace, 7);
    const hers = await zoe.post(photos, {
      caption: 'Feldspar #granite',
      place: { name: 'Gneiss Bay', latitude: 1, longitude: 2 },
    });
    const removed = await postOf(zoe, 8, { caption: 'Schist' });
    await zoe.remove(removed);
    const comment = await zoe.comment(graces, 'Marble @grace');
    const reply = await grace.comment(graces, 'Yes', comment);
    const answered = await zoe.comment(graces, 'Slate');
    await grace.comment(graces, 'And?', answered);
    await zoe.request('delete', `/v1/comments/${answered.id}`).expect(204);
    await Promise.all([zoe.like(graces), zoe.save(graces), grace.like(hers), grace.save(hers)]);
    await zoe.request('put', `/v1/comments/${reply.id}/like`).expect(200);
    await setTotp(zoe);
    // As test/identities.test.ts links one.
    await stack.database.query(
      `INSERT INTO identities (provider, subject, user_id) VALUES ('ours', 'zoe', $1)`,
      [zoe.id],
    );
    const collection = await zoe.request('post', '/v1/me/collections', { name: 'Travertine' }).expect(201);
    const { id: collectionId } = collection.body as { id: string };
    await zoe.request('put', `/v1/me/collections/${collectionId}/posts/${graces.id}`).expect(200);
    const others = await Promise.all(['hugo', 'gwen'].map((name) => signUp(stack, name)));
    await zoe.request('put', `/v1/users/${others[0]?.id}/block`).expect(200);
    await zoe.request('put', `/v1/users/${others[1]?.id}/mute`).expect(200);
    await others[1]?.request('delete', `/v1/suggestions/${zoe.id}`).expect(204);
    await create(zoe, 100_000).expect(201);
    await zoe
      .request('post', '/v1/posts', { photoIds: [(await zoe.upload(await picture(9))).id] })
      .set('Idempotency-Key', 'limestone-limestone')
      .expect(201);
    await client().post('/v1/password-resets').send({ login: 'zoelater' }).expect(202);
    await stack.quiet();
    await Promise.all([
      zoe.feed(),
      grace.feed(),
      zoe.request('get', '/v1/suggestions'),
      zoe.request('get', '/v1/notifications'),
    ]);
    await zoe.request('get', '/v1/me/liked').expect(200);

    const own = await stack.database.query<{ name: string }>(
      `SELECT id::text AS name FROM photos WHERE owner_id = $1 UNION ALL SELECT folder FROM photos WHERE owner_id = $1
       UNION ALL SELECT id::text FROM sessions WHERE user_id = $1`,
      [zoe.id],
    );
    const names = ['zoefirst', 'zoelater'];
    const texts = 'Zoe Quartz, Basalt, Obsidian, Feldspar, Schist, Marble, Slate, Travertine'.split(', ');
    const words = [zoe.id, collectionId, ...names, ...texts, ...own.map(({ name }) => name)];
    expect((await rowsWith(words)).length).toBeGreaterThan(30);
    expect((await keysWith(words)).length).toBeGreaterThan(0);
    expect((await filesWith(words)).length).toBeGreaterThan(10);

    await close(zoe);
    await stack.eraseClosed();

    // Objects outlive the backups' window, by date, and what names them. The keys of repeats are kept for a day. The words of tags
    // and places are everybody's.
    const kept = new Set(['audit_events', 'trash', 'idempotency_keys']);
    await expect
      .poll(async () => (await rowsWith(words)).filter(({ table }) => !kept.has(table)), {
        timeout: patient(20_000),
      })
      .toEqual([]);
    expect((await filesWith(words)).filter((file) => !/^(trash|tmp)\//.test(file))).toEqual([]);
    expect(await keysWith(words, (31 * DAY) / 1_000)).toEqual([]);
    const held = (name: string) => `#${createHash('sha256').update(name).digest('hex')}`;
    const rows = await stack.database.query<{ username: string }>(
      `SELECT username FROM usernames WHERE username LIKE '#%'`,
    );
    expect(rows.map(({ username }) => username)).toEqual(expect.arrayContaining(names.map(held)));
    for (const name of names)
      await expect(signUp(stack, name, { email: `${name}@example.net` })).rejects.toThrow('username_taken');
    await stack.database.query(
      `UPDATE usernames SET given_up_at = now() - interval '91 days' WHERE username LIKE '#%'`,
    );
    await signUp(stack, 'zoelater', { email: 'new.zoe@example.net' });
  });
});
