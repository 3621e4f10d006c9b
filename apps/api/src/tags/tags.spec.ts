import type { Id } from '@app/platform';
import { PostIndex } from '@app/domain';
import { PostRows, UnitOfWork } from '@app/storage';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { domainRoom, type DomainRoom } from '../../../../test/harness/domain-room.js';
import { HttpModule } from '../http/http.module.js';
import { TagsModule } from './tags.module.js';
import { TagsController } from './tags.controller.js';

let room: DomainRoom;
let posts: Id[];

beforeAll(async () => {
  room = await domainRoom(HttpModule, TagsModule);
  const ada = await room.person();
  posts = [await room.postOf(ada), await room.postOf(ada), await room.postOf(ada)].toReversed();
  for (const id of posts)
    await room.database.query(
      `UPDATE posts SET place_name = 'Île-de-Ré', caption_entities = '[{"type": "hashtag", "start": 0, "end": 4, "tag": "Fog"}]'
       WHERE id = $1`,
      [id],
    );
  for (const id of posts) await room.get(UnitOfWork).run((tx) => room.get(PostIndex).refresh(tx, id));
});
afterAll(() => room.close());

interface Listed {
  items: { id: Id }[];
  nextCursor: string | null;
}
const idsOf = (page: string): Id[] => (JSON.parse(page) as Listed).items.map(({ id }) => id);

test('a tag is one list however it is typed, and so are its cursors', async () => {
  const tags = room.get(TagsController);
  const first = await tags.listTagPosts({ tag: 'FOG', limit: 2 }, null);
  expect(idsOf(first)).toEqual(posts.slice(0, 2));
  const { nextCursor } = JSON.parse(first) as Listed;
  expect(idsOf(await tags.listTagPosts({ tag: 'fog', limit: 2, cursor: nextCursor ?? '' }, null))).toEqual(
    posts.slice(2),
  );
  expect(idsOf(await tags.listTagPosts({ tag: 'mist', limit: 2 }, null))).toEqual([]);
});

test('a place is found without its accents and signs, and only as long as its posts are shown', async () => {
  const tags = room.get(TagsController);
  expect(idsOf(await tags.listPlacePosts({ place: 'ile de re', limit: 5 }, null))).toEqual(posts);
  const before = await room.get(PostRows).find(posts[0] ?? '');
  await room.get(UnitOfWork).run((tx) => room.get(PostIndex).update(tx, before, null));
  expect(idsOf(await tags.listPlacePosts({ place: 'ile de re', limit: 5 }, null))).toEqual(posts.slice(1));
});
