import type { Id } from '@app/platform';
import { Posts } from '@app/domain';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { domainRoom, type DomainRoom } from '../../../../test/harness/domain-room.js';
import { FeedFixtures } from '../../../../test/harness/feed-room.js';
import { HttpModule } from '../http/http.module.js';
import { ExploreModule } from './explore.module.js';
import { ExploreService } from './explore.service.js';

let room: DomainRoom;
let ada: Id;
let grace: Id;
/** By score, the best first; the second is by somebody whom Ada follows. */
let posts: Id[];

beforeAll(async () => {
  room = await domainRoom(HttpModule, ExploreModule);
  [ada, grace] = [await room.person(), await room.person()];
  const mary = await room.person();
  await new FeedFixtures(room.database).follow(ada, mary);
  posts = [
    await room.postOf(grace),
    await room.postOf(mary),
    await room.postOf(grace),
    await room.postOf(grace),
  ];
  for (const [place, post] of posts.entries()) await score(post, 10 - place);
});
afterAll(() => room.close());

const score = (post: Id, value: number) =>
  room.database.query(
    `INSERT INTO popular_posts (shard, post_id, score) VALUES (shard_of($1::bigint), $1, $2)
     ON CONFLICT (shard, post_id) DO UPDATE SET score = excluded.score`,
    [post, value],
  );

async function read(reader: Id, cursor?: string) {
  const input = { limit: 2, ...(cursor === undefined ? {} : { cursor }) };
  const page = JSON.parse(await room.get(ExploreService).read('/v1/explore', input, reader)) as {
    items: { id: Id }[];
    nextCursor: string | null;
  };
  return { ids: page.items.map(({ id }) => id), next: page.nextCursor };
}

test('pages are full of what strangers posted, in an order that stays', async () => {
  const first = await read(ada);
  expect(first.ids).toEqual([posts[0], posts[2]]);
  await score(posts[3] ?? '', 100);
  expect(await read(ada, first.next ?? '')).toEqual({ ids: [posts[3]], next: null });
  expect((await read(grace)).ids).toEqual([posts[1]]);
});

test('what was archived since is left out', async () => {
  await room.get(Posts).archive(grace, posts[0] ?? '', true);
  expect(new Set((await read(ada)).ids)).toEqual(new Set([posts[2], posts[3]]));
});
