import type { Id } from '@app/platform';
import { NotificationRows } from '@app/storage';
import { Relations } from '@app/domain';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { domainRoom, type DomainRoom } from '../../../../test/harness/domain-room.js';
import { Cursors } from '../http/cursors.js';
import { HttpModule } from '../http/http.module.js';
import { NotificationView } from './notification-view.js';
import { NotificationsModule } from './notifications.module.js';

let room: DomainRoom;
let ada: Id;

beforeAll(async () => {
  room = await domainRoom(HttpModule, NotificationsModule);
  ada = await room.person();
});
afterAll(() => room.close());

let groups = 0;

async function tell(type: string, actors: readonly Id[], post: Id | null = null): Promise<string> {
  const group = `${type}:${(groups += 1)}`;
  await room.database.query(
    `INSERT INTO notifications (shard, user_id, id, group_key, type, post_id, actors, count, newest)
     SELECT shard_of($1::bigint), $1, n, $2, $3, $4, $5, cardinality($5::bigint[]), n
     FROM next_id(shard_of($1::bigint)) AS n`,
    [ada, group, type, post, actors],
  );
  return group;
}

interface Shown {
  group: string;
  actors: { id: Id }[];
  post: { id: Id } | null;
}

const page = (input: { limit: number; cursor?: string; newer?: string }) =>
  room.get(Cursors).list(
    '/v1/notifications',
    input,
    (request) => room.get(NotificationRows).page(ada, request),
    (rows) => room.get(NotificationView).show(rows, ada),
  );
const shownOf = (items: readonly { json: string }[]) => items.map(({ json }) => JSON.parse(json) as Shown);

test('a list shows each group with the people and the post that its reader may see', async () => {
  const [grace, lin, muted, blocker] = [
    await room.person(),
    await room.person(),
    await room.person(),
    await room.person(),
  ];
  const [mine, gone] = [await room.postOf(ada), await room.postOf(ada)];
  const likes = await tell('like', [grace, muted, lin], mine);
  await tell('like', [grace], gone);
  await tell('follow', [muted]);
  await tell('follow', [blocker]);
  await room.get(Relations).mute(ada, muted);
  await room.get(Relations).block(blocker, ada);
  await room.database.query('DELETE FROM posts WHERE id = $1', [gone]);
  const [shown, ...others] = shownOf((await page({ limit: 10 })).items);
  expect(others).toEqual([]);
  expect(shown).toMatchObject({ group: likes, post: { id: mine } });
  expect(shown?.actors.map(({ id }) => id)).toEqual([grace, lin]);
});

test('its pages hold every group once, in both directions, also where some are hidden', async () => {
  await room.database.query('DELETE FROM notifications');
  const [grace, hidden] = [await room.person(), await room.person()];
  await room.get(Relations).mute(ada, hidden);
  const told: string[] = [];
  for (let count = 0; count < 7; count += 1) {
    told.unshift(await tell('follow', [grace]));
    await tell('follow', [hidden]);
  }
  const seen: string[] = [];
  let last = await page({ limit: 3 });
  for (;;) {
    seen.push(...shownOf(last.items).map(({ group }) => group));
    if (last.nextCursor === null) break;
    last = await page({ limit: 3, cursor: last.nextCursor });
  }
  expect(seen).toEqual(told);
  for (let back = last; back.prevCursor !== null && back.items.length > 0;) {
    back = await page({ limit: 3, newer: back.prevCursor });
    seen.unshift(...shownOf(back.items).map(({ group }) => group));
  }
  expect(new Set(seen.slice(0, -told.length))).toEqual(new Set(told.slice(0, -1)));
});

test('a group that is gone is told with a count of 0', async () => {
  await tell('follow', [await room.person()]);
  const [row] = await room.get(NotificationRows).page(ada, { limit: 1, before: null, after: null });
  if (!row) throw new Error('expected a notification');
  expect(JSON.parse(room.get(NotificationView).gone(row).json)).toMatchObject({
    count: 0,
    actors: [],
    post: null,
  });
});
