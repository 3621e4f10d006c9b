import type { Id } from '@app/platform';
import { nowhere, UnitOfWork } from '@app/storage';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { domainRoom, type DomainRoom } from '../../../../test/harness/domain-room.js';
import { Posts } from './posts.js';

let room: DomainRoom;
let posts: Posts;
let ada: Id;

beforeAll(async () => {
  room = await domainRoom();
  posts = room.get(Posts);
  ada = await room.person();
});
afterAll(() => room.close());

/** The sums of the counts' changes, as `counter subject`. */
async function counted(): Promise<Record<string, number>> {
  const found = await room.database.query<{ name: string; sum: number }>(
    `SELECT counter || ' ' || subject_id AS name, sum(delta)::int AS sum FROM count_deltas GROUP BY 1`,
  );
  return Object.fromEntries(found.map(({ name, sum }) => [name, sum]));
}

async function photo(state: 'ready' | 'processing' | 'rejected', owner = ada): Promise<Id> {
  const [row] = await room.database.query<{ id: Id }>(
    `INSERT INTO photos (shard, id, owner_id, state, folder, rejection)
     SELECT shard_of($1::bigint), id, $1, $2, id::text, CASE $2 WHEN 'rejected' THEN 'photo_damaged' END
     FROM next_id(shard_of($1::bigint)) AS id RETURNING id`,
    [owner, state],
  );
  return row?.id ?? '';
}

const create = async (photos: Id[], caption = '') => {
  const fields = await posts.fieldsOf(ada, { caption });
  return room.get(UnitOfWork).run((tx) => posts.create(tx, ada, photos, fields));
};

const tagsOf = (post: Id) =>
  room.database.query(
    'SELECT t.name FROM post_tags p JOIN tags t ON t.shard = p.shard AND t.id = p.tag_id WHERE p.post_id = $1',
    [post],
  );

test('a post is published with its last photo, and found by its tags from then on', async () => {
  const [first, second] = [await photo('ready'), await photo('processing')];
  const { id, state } = await create([first, second], 'In the #fog');
  expect(state).toBe('publishing');
  expect(await tagsOf(id)).toEqual([]);
  await room.database.query(`UPDATE photos SET state = 'ready' WHERE id = $1`, [second]);
  expect(await room.get(UnitOfWork).run((tx) => posts.settle(tx, id))).toBe('published');
  expect(await tagsOf(id)).toEqual([{ name: 'fog' }]);
  await posts.archive(ada, id, true);
  await posts.archive(ada, id, true);
  expect(await tagsOf(id)).toEqual([]);
  expect((await counted())[`user.posts ${ada}`]).toBe(0);
  await posts.archive(ada, id, false);
  await posts.change(ada, id, { caption: 'In the #mist' }, nowhere);
  expect(await tagsOf(id)).toEqual([{ name: 'mist' }]);
});

test('a post fails with a rejected photo and lets its photos go, for another post', async () => {
  const [bad, good] = [await photo('processing'), await photo('ready')];
  const { id } = await create([bad, good]);
  await room.database.query(`UPDATE photos SET state = 'rejected', rejection = 'too_small' WHERE id = $1`, [
    bad,
  ]);
  expect(await room.get(UnitOfWork).run((tx) => posts.settle(tx, id))).toBe('failed');
  await expect(posts.archive(ada, id, true)).rejects.toMatchObject({ code: 'post_not_published' });
  expect(await create([good])).toMatchObject({ state: 'published' });
});

test('a photo that cannot be posted is named', async () => {
  const [rejected, posted, foreign] = [
    await photo('rejected'),
    await photo('ready'),
    await photo('ready', await room.person()),
  ];
  await create([posted]);
  await expect(create([rejected])).rejects.toMatchObject({ code: 'photo_rejected' });
  await expect(create([posted])).rejects.toMatchObject({ code: 'photo_already_posted' });
  await expect(create([foreign])).rejects.toMatchObject({ code: 'photo_not_found' });
});

test('only its author changes or deletes a post, and may delete it again', async () => {
  const { id } = await create([await photo('ready')]);
  const grace = await room.person();
  const missing = { code: 'not_found' };
  await expect(posts.change(grace, id, { caption: 'Mine' }, nowhere)).rejects.toMatchObject(missing);
  await expect(posts.remove(grace, id, nowhere)).rejects.toMatchObject(missing);
  await posts.remove(ada, id, nowhere);
  await posts.remove(ada, id, nowhere);
  expect(await room.database.query('SELECT 1 FROM posts WHERE id = $1', [id])).toEqual([]);
  await expect(posts.remove(grace, id, nowhere)).rejects.toMatchObject(missing);
});
