import request from 'supertest';
import { beforeAll, describe, expect, test } from 'vitest';
import { refused } from './harness/answers.js';
import { PASSWORD, signIn, signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { sharedStack } from './harness/shared-stack.js';
import type { Stack } from './harness/stack.js';

let stack: Stack;
let grace: Person;

beforeAll(async () => {
  stack = await sharedStack();
  grace = await signUp(stack, 'grace');
});

const client = () => request(stack.url);

/** The `table.column` of every row that contains this id. */
async function whereverNamed(id: string): Promise<string[]> {
  const columns = await stack.database.query<{ table_name: string; column_name: string }>(
    `SELECT table_name, column_name FROM information_schema.columns
     WHERE table_schema = 'public' AND data_type = 'bigint' ORDER BY 1, 2`,
  );
  const named: string[] = [];
  for (const { table_name: table, column_name: column } of columns) {
    const rows = await stack.database.query(`SELECT 1 FROM ${table} WHERE ${column} = $1 LIMIT 1`, [id]);
    if (rows.length > 0) named.push(`${table}.${column}`);
  }
  return named;
}

describe('an account that is closed', () => {
  test('leaves no row anywhere of whom it followed, blocked and muted, and who did so to it', async () => {
    const names = ['dora', 'finn', 'gwen', 'hugo', 'iris'];
    const [dora, ...others] = (await Promise.all(names.map((name) => signUp(stack, name)))) as [
      Person,
      ...Person[],
    ];
    const [finn, gwen, hugo, iris] = others as [Person, Person, Person, Person];
    await dora.request('put', `/v1/users/${finn.id}/block`).expect(200);
    await gwen.request('put', `/v1/users/${dora.id}/block`).expect(200);
    await dora.request('put', `/v1/users/${hugo.id}/mute`).expect(200);
    await iris.request('put', `/v1/users/${dora.id}/mute`).expect(200);
    await iris.request('patch', '/v1/me', { private: true }).expect(200);
    await dora.follow(iris);
    await hugo.follow(dora);
    await stack.quiet();
    await dora.request('delete', '/v1/me', { password: PASSWORD }).expect(202);
    await stack.eraseClosed();
    // The record of what happened is kept for a year.
    expect(await whereverNamed(dora.id)).toEqual(['audit_events.actor_id', 'audit_events.user_id']);
    expect((await gwen.request('get', '/v1/me/blocked')).body).toMatchObject({ items: [] });
  });

  test('is gone with all it left behind, and its name stays taken', async () => {
    const eve = await signUp(stack, 'eve');
    const [hers, graces] = await Promise.all(
      [eve, grace].map(async (person, index) =>
        person.post([await person.upload(await drawn({ seed: 3 + index, width: 300, height: 200 }))]),
      ),
    );
    if (!hers || !graces) throw new Error('expected two posts');
    await Promise.all([eve.follow(grace), grace.follow(eve), eve.like(graces), grace.like(hers)]);
    await eve.comment(graces, 'Nice');
    await stack.quiet();
    expect(await grace.see(graces)).toMatchObject({ counts: { likes: 1, comments: 1 } });

    refused(await eve.request('delete', '/v1/me', { password: 'wrong' }), 403, 'bad_credentials');
    await eve.request('delete', '/v1/me', { password: PASSWORD }).expect(202);
    refused(await eve.request('get', '/v1/me'), 401, 'session_ended');
    refused(await client().get(`/v1/users/${eve.id}`), 404, 'not_found');
    refused(await client().get(`/v1/posts/${hers.id}`), 404, 'not_found');
    await stack.eraseClosed();
    await expect(signIn(stack, 'eve')).rejects.toThrow('bad_credentials');

    expect(await grace.see(graces)).toMatchObject({ counts: { likes: 0, comments: 0 } });
    expect((await grace.request('get', '/v1/me')).body).toMatchObject({
      counts: { posts: 1, followers: 0, following: 0 },
    });
    expect((await grace.request('get', '/v1/me/liked')).body).toMatchObject({ items: [] });
    expect((await grace.feed()).items.map(({ id }) => id)).toEqual([graces.id]);
    await expect(signUp(stack, 'eve', { email: 'another.eve@example.org' })).rejects.toThrow(
      'username_taken',
    );
    expect((await signUp(stack, 'another_eve', { email: 'eve@example.org' })).id).not.toBe(eve.id);
  });
});
