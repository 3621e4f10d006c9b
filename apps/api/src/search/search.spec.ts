import type { Id } from '@app/platform';
import { TermRows, UnitOfWork } from '@app/storage';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { domainRoom, type DomainRoom } from '../../../../test/harness/domain-room.js';
import { HttpModule } from '../http/http.module.js';
import { SearchModule } from './search.module.js';
import { SearchService } from './search.service.js';

let room: DomainRoom;
let ada: Id;

beforeAll(async () => {
  room = await domainRoom(HttpModule, SearchModule);
  ada = await room.person();
});
afterAll(() => room.close());

async function tag(name: string, posts: number): Promise<void> {
  await room.get(UnitOfWork).run((tx) => room.get(TermRows).ensure(tx, 'tag', [name]));
  await room.database.query('UPDATE tags SET posts_count = $2 WHERE name = $1', [name, posts]);
}

async function find(q: string, more: { cursor?: string; limit?: number } = {}) {
  const found = await room.get(SearchService).find({ q, type: 'tags', limit: 10, ...more }, ada);
  return { ...found, names: found.items.map((item) => (item as { tag: string }).tag) };
}

test('the exact name comes first, then the larger of those that begin so, whatever sign is typed before', async () => {
  for (const [name, posts] of Object.entries({ fog: 1, foggy: 5, foghorn: 9, fig: 20 }))
    await tag(name, posts);
  expect((await find('fog')).names).toEqual(['fog', 'foghorn', 'foggy']);
  expect((await find('#fog')).names).toEqual(['fog', 'foghorn', 'foggy']);
});

test('later pages continue in the order of the first, whatever has grown since', async () => {
  const first = await find('fog', { limit: 2 });
  expect(first.names).toEqual(['fog', 'foghorn']);
  expect(first.complete).toBe(true);
  await tag('foggy', 100);
  const second = await find('fog', { limit: 2, cursor: first.nextCursor ?? '' });
  expect(second).toMatchObject({ names: ['foggy'], nextCursor: null, complete: null });
});

test('a cursor belongs to its query', async () => {
  const { nextCursor } = await find('fog', { limit: 1 });
  await expect(find('foggy', { limit: 1, cursor: nextCursor ?? '' })).rejects.toMatchObject({
    code: 'cursor_invalid',
  });
});
