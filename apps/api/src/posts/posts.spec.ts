import type { Id } from '@app/platform';
import { Counts, PendingInvalidations, invalidation } from '@app/feed';
import { PostRows, UnitOfWork } from '@app/storage';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FeedFixtures } from '../../../../test/harness/feed-room.js';
import { domainRoom, type DomainRoom } from '../../../../test/harness/domain-room.js';
import { HttpModule } from '../http/http.module.js';
import { PostsModule } from './posts.module.js';
import { PostJsonCache } from './post-json-cache.js';
import { PostReading } from './post-reading.js';

let room: DomainRoom;
let ada: Id;
let grace: Id;

beforeAll(async () => {
  room = await domainRoom(HttpModule, PostsModule);
  [ada, grace] = [await room.person(), await room.person()];
});
afterAll(() => room.close());

const set = (post: Id, change: string) =>
  room.database.query(`UPDATE posts SET ${change} WHERE id = $1`, [post]);

interface Listed {
  items: { id: Id }[];
  nextCursor: string | null;
  prevCursor: string | null;
}

async function page(viewer: Id | null, where: { cursor?: string; newer?: string } = {}): Promise<Listed> {
  const input = { id: ada, limit: 2, ...where };
  return JSON.parse(await room.get(PostReading).ofAuthor('/v1/users/ada/posts', input, viewer)) as Listed;
}

const idsOf = ({ items }: Listed): Id[] => items.map(({ id }) => id);

test('pages of a list meet without a gap, up and down, whatever they leave out', async () => {
  const posts = (await new FeedFixtures(room.database).posts(ada, 5)).toReversed();
  const [first, second, third, fourth, fifth] = posts as [Id, Id, Id, Id, Id];
  const top = await page(grace);
  expect(idsOf(top)).toEqual([first, second]);
  await set(third, `state = 'failed', version = version + 1`);
  const middle = await page(grace, { cursor: top.nextCursor ?? '' });
  expect(idsOf(middle)).toEqual([fourth, fifth]);
  expect(middle.nextCursor).toBeNull();
  expect(idsOf(await page(grace, { newer: middle.prevCursor ?? '' }))).toEqual([first, second]);
  expect(idsOf(await page(ada, { cursor: top.nextCursor ?? '' }))).toEqual([third, fourth]);
  await room.database.query('UPDATE users SET private = true WHERE id = $1', [ada]);
  await expect(page(grace)).rejects.toMatchObject({ code: 'not_found' });
  await room.database.query('UPDATE users SET private = false WHERE id = $1', [ada]);
});

const read = async (id: Id) => {
  const cached = (await room.get(PostJsonCache).of([id], await room.get(Counts).posts([id]))).get(id);
  return cached && { ...cached, post: JSON.parse(`${cached.head.toString()}}`) as { caption: string } };
};

test('a cached post is the same until its version or its author’s grows', async () => {
  const id = await room.postOf(ada);
  const before = await read(id);
  await set(id, `caption = 'unseen'`);
  expect(await read(id)).toEqual(before);
  await set(id, `caption = 'Fog', version = version + 1`);
  await room.get(PendingInvalidations).invalidate(invalidation.ofPost(id));
  expect((await read(id))?.post.caption).toBe('Fog');
  const tagged = (await read(id))?.tag;
  await room.database.query('UPDATE users SET version = version + 1 WHERE id = $1', [ada]);
  await room.get(PendingInvalidations).invalidate(invalidation.ofUser(ada));
  expect((await read(id))?.tag).not.toBe(tagged);
});

test('a post that is not published is read anew each time, and a deleted one not at all', async () => {
  const id = await room.postOf(ada);
  await set(id, `state = 'publishing'`);
  expect((await read(id))?.post.caption).toBeNull();
  await set(id, `caption = 'Fog'`);
  expect((await read(id))?.post.caption).toBe('Fog');
  await room.get(UnitOfWork).run((tx) => room.get(PostRows).remove(tx, id));
  expect(await read(id)).toBeUndefined();
});
