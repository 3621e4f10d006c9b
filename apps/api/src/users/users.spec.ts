import type { Id } from '@app/platform';
import { FollowRows } from '@app/storage';
import { Relations } from '@app/domain';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { domainRoom, type DomainRoom } from '../../../../test/harness/domain-room.js';
import { HttpModule } from '../http/http.module.js';
import { UserLists } from './user-lists.js';
import { UserView } from './user-view.js';
import { UsersModule } from './users.module.js';

let room: DomainRoom;
let ada: Id;
let people: Id[];

beforeAll(async () => {
  room = await domainRoom(HttpModule, UsersModule);
  ada = await room.person();
  people = [];
  for (let count = 0; count < 5; count += 1) people.push(await room.person());
  for (const person of people) await room.get(Relations).follow(person, ada);
});
afterAll(() => room.close());

const followers = (viewer: Id | null, input: { limit: number; cursor?: string }) =>
  room
    .get(UserLists)
    .page('/v1/followers', input, viewer, (page) => room.get(FollowRows).followers(ada, page));

test('a list has a page’s people, newest first, and a cursor as long as there are more', async () => {
  const first = await followers(null, { limit: 3 });
  const second = await followers(null, { limit: 3, cursor: first.nextCursor ?? '' });
  const seen = [...first.items, ...second.items].map(({ id }) => id);
  expect([seen, second.nextCursor]).toEqual([people.toReversed(), null]);
  expect(first.items[0]).not.toHaveProperty('relationship');
});

test('it leaves out those whom a viewer may not meet, but for the viewer’s own list; suggestions those who are known', async () => {
  const viewer = await room.person();
  const [blocked = '', blocker = '', followed = '', ...rest] = people;
  await room.get(Relations).block(viewer, blocked);
  await room.get(Relations).block(blocker, viewer);
  await room.get(Relations).follow(viewer, followed);
  const listed = async (whose?: 'own' | 'shared' | 'suggested') =>
    (await room.get(UserLists).visible([...people, viewer], viewer, whose)).map(({ id }) => id);
  expect(await listed()).toEqual([followed, ...rest, viewer]);
  expect(await listed('own')).toEqual([...people, viewer]);
  expect(await listed('suggested')).toEqual(rest);
  const { items } = await followers(viewer, { limit: 10 });
  const shown = items.find(({ id }) => id === followed);
  expect(shown?.relationship).toMatchObject({ following: true, blocking: false });
});

test('people see their own address, and nobody after closing', async () => {
  const [closing = ''] = people;
  expect(await room.get(UserView).me(closing)).toMatchObject({ id: closing, email: 'person2' });
  await room.database.query('UPDATE users SET closed_at = now() WHERE id = $1', [closing]);
  await expect(room.get(UserView).me(closing)).rejects.toMatchObject({ code: 'session_ended' });
});
