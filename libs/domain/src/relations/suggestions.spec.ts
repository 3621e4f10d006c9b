import { limits } from '@app/platform';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { domainRoom, type DomainRoom } from '../../../../test/harness/domain-room.js';
import { Suggestions } from './suggestions.js';

let room: DomainRoom;
beforeAll(async () => {
  room = await domainRoom();
});
afterAll(() => room.close());

test('suggestions are asked for once, and again after a day', async () => {
  const suggestions = room.get(Suggestions);
  const ada = await room.person();
  const asked = async () =>
    (await room.database.query(`DELETE FROM outbox WHERE kind = 'suggestions.refresh' RETURNING id`)).length;
  await Promise.all([suggestions.refresh(ada), suggestions.refresh(ada)]);
  expect(await asked()).toBe(1);
  await suggestions.refresh(ada);
  expect(await asked()).toBe(0);
  await room.database.query(`UPDATE suggestion_states SET asked_at = asked_at - make_interval(secs => $1)`, [
    limits.suggestions.freshFor + 1,
  ]);
  await suggestions.refresh(ada);
  expect(await asked()).toBe(1);
  await expect(suggestions.dismiss(ada, '1')).rejects.toMatchObject({ code: 'not_found' });
});
