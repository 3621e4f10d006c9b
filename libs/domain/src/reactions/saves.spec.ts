import { limits, type Id } from '@app/platform';
import { nowhere, UnitOfWork } from '@app/storage';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { domainRoom, type DomainRoom } from '../../../../test/harness/domain-room.js';
import { Saves } from './saves.js';

let room: DomainRoom;
let saves: Saves;
let ada: Id;
let grace: Id;

beforeAll(async () => {
  room = await domainRoom();
  saves = room.get(Saves);
  [ada, grace] = [await room.person(), await room.person()];
});
afterAll(() => room.close());

const collect = (owner: Id, name: string): Promise<Id> =>
  room.get(UnitOfWork).run((tx) => saves.createCollection(tx, owner, name));

const saved = (user: Id) => room.database.query('SELECT post_id FROM saves WHERE user_id = $1', [user]);
const held = async (owner: Id, collection: Id) => (await saves.collection(owner, collection)).posts_count;

test('a post that enters a collection is saved, and one that is no longer saved leaves them all', async () => {
  const post = await room.postOf(grace);
  const [fog, sea] = [await collect(ada, 'Fog'), await collect(ada, 'Sea')];
  for (const collection of [fog, sea, fog]) await saves.save(ada, post, collection);
  expect(await saved(ada)).toEqual([{ post_id: post }]);
  await saves.takeFrom(sea, ada, post);
  expect([await held(ada, fog), await held(ada, sea)]).toEqual([1, 0]);
  expect(await saves.unsave(ada, post)).toBe(true);
  expect(await held(ada, fog)).toBe(0);
  expect(await saved(ada)).toEqual([]);
});

test('nothing is saved where the collection is somebody else’s', async () => {
  const [post, hers] = [await room.postOf(grace), await collect(grace, 'Hers')];
  const missing = { code: 'not_found' };
  await expect(saves.save(ada, post, hers)).rejects.toMatchObject(missing);
  await expect(saves.collection(ada, hers)).rejects.toMatchObject(missing);
  await expect(saves.renameCollection(ada, hers, 'Mine')).rejects.toMatchObject(missing);
  await saves.removeCollection(ada, hers, nowhere);
  expect(await saved(ada)).toEqual([]);
  expect(await saves.renameCollection(grace, hers, undefined)).toMatchObject({ name: 'Hers' });
});

test('a save is taken back from a post that one no longer sees', async () => {
  const post = await room.postOf(grace);
  await saves.save(ada, post);
  await room.database.query('UPDATE posts SET archived = true WHERE id = $1', [post]);
  expect(await saves.unsave(ada, post)).toBe(false);
  expect(await saved(ada)).toEqual([]);
  await expect(saves.save(ada, post)).rejects.toMatchObject({ code: 'not_found' });
});

test('collections have a limit', async () => {
  const mary = await room.person();
  await room.database.query(
    `INSERT INTO collections (shard, id, user_id, name)
     SELECT shard_of($1::bigint), next_id(shard_of($1::bigint)), $1, 'Full' FROM generate_series(1, $2)`,
    [mary, limits.collection.perUser],
  );
  await expect(collect(mary, 'One more')).rejects.toMatchObject({ code: 'collection_limit' });
});
