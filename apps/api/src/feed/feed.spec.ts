import type { Id } from '@app/platform';
import { Posts } from '@app/domain';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FeedFixtures } from '../../../../test/harness/feed-room.js';
import { domainRoom, type DomainRoom } from '../../../../test/harness/domain-room.js';
import type { Caller } from '../http/call.js';
import { HttpModule } from '../http/http.module.js';
import { HomeFeedModule } from './feed.module.js';
import { FeedService } from './feed.service.js';

let room: DomainRoom;
let reader: Caller;
let grace: Id;
let posts: Id[];

beforeAll(async () => {
  room = await domainRoom(HttpModule, HomeFeedModule);
  const ada = await room.person();
  grace = await room.person();
  reader = { userId: ada } as Caller;
  await new FeedFixtures(room.database).follow(ada, grace);
  posts = (await new FeedFixtures(room.database).posts(grace, 8)).toReversed();
});
afterAll(() => room.close());

async function read(where: { cursor?: string; newer?: string } = {}) {
  const page = await room
    .get(FeedService)
    .read('/v1/feed', { limit: 3, ...where }, reader, performance.now());
  return { ...page, ids: page.items.map(({ post }) => post.id) };
}

test('a page is full although posts in its middle may not be shown', async () => {
  expect((await read()).ids).toEqual(posts.slice(0, 3));
  for (const hidden of posts.slice(1, 4)) await room.get(Posts).archive(grace, hidden, true);
  const first = await read();
  expect(first.ids).toEqual([posts[0], posts[4], posts[5]]);
  const second = await read({ cursor: first.nextCursor ?? '' });
  expect(second.ids).toEqual([posts[6], posts[7]]);
  expect(second.nextCursor).toBeNull();
  expect((await read({ newer: second.prevCursor ?? '' })).ids).toEqual([posts[4], posts[5]]);
  expect((await read({ newer: first.prevCursor ?? '' })).ids).toEqual([]);
});
