import type { Id } from '@app/platform';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { workerRoom, type WorkerRoom } from '../../../../test/harness/worker-room.js';
import { AbandonedUploads } from './abandoned-uploads.js';
import { Housekeeping } from './housekeeping.js';
import { Overdue } from './overdue.js';

let room: WorkerRoom;
let ada: Id;
beforeAll(async () => {
  room = await workerRoom();
  ada = await room.person();
});
afterAll(() => room.close());
beforeEach(() =>
  room.database.query('TRUNCATE outbox, photos, posts, notifications, count_deltas, idempotency_keys'),
);

/** A photo of Ada's that is so many days old. */
async function photo(state: string, days: number): Promise<Id> {
  const [row] = await room.database.query<{ id: Id }>(
    `INSERT INTO photos (shard, id, owner_id, state, folder, created_at)
     SELECT shard_of($1::bigint), id, $1, $2, 'ab/' || lpad(id::text, 30, '0'), now() - make_interval(days => $3)
     FROM next_id(shard_of($1::bigint)) AS id RETURNING id`,
    [ada, state, days],
  );
  return row?.id ?? '';
}

const photos = () =>
  room.database.query<{ id: Id; state: string }>('SELECT id, state FROM photos ORDER BY id');

test('rows whose jobs are lost get a job again; rows that are young or have one do not', async () => {
  const depth = () => room.jobs.depthOf('effect');
  await room.work.run((tx) => tx.effect('user.changed', ada));
  await expect.poll(depth).toBe(1);
  await room.database.query(
    `INSERT INTO outbox (shard, id, kind, subject_id, created_at)
     SELECT shard, next_id(shard), kind, subject_id, now() - interval '1 hour' FROM outbox`,
  );
  await room.get(Overdue).sweep();
  await expect.poll(depth).toBe(2);
  await room.get(Overdue).sweep();
  expect(await depth()).toBe(2);
});

test('counts that nobody folded get a job for their shard', async () => {
  await room.database.query(
    `INSERT INTO count_deltas (shard, subject_id, counter, delta, created_at)
     VALUES (shard_of($1::bigint), $1, 'user.posts', 1, now() - interval '1 hour')`,
    [ada],
  );
  await room.get(Overdue).sweep();
  await expect.poll(() => room.jobs.depthOf('fold')).toBe(1);
});

test('a post is published whose photos are ready although nobody has said so', async () => {
  const post = await room.postOf(ada);
  await room.database.query(
    `UPDATE posts SET state = 'publishing', published_at = NULL, created_at = now() - interval '1 hour'`,
  );
  await room.database.query(`UPDATE photos SET post_id = $1, position = 0 WHERE id = $2`, [
    post,
    await photo('ready', 0),
  ]);
  await room.get(Overdue).sweep();
  expect(await room.database.query('SELECT state FROM posts')).toEqual([{ state: 'published' }]);
});

test('photos that were never posted go after a week, uploads that ended nowhere after hours', async () => {
  const young = await photo('ready', 6);
  await photo('ready', 8);
  await photo('uploading', 1);
  await room.get(Housekeeping).sweepPhotos();
  await room.get(AbandonedUploads).sweep();
  expect(await photos()).toEqual([{ id: young, state: 'ready' }]);
});

test('notifications go once they have not grown for 90 days', async () => {
  const add = (key: string, days: number) =>
    room.database.query(
      `INSERT INTO notifications (shard, user_id, group_key, id, type, actors, count, newest, created_at)
       VALUES (shard_of($1::bigint), $1, $2, next_id(5), 'like', '{}', 1, 1, now() - make_interval(days => $3))`,
      [ada, key, days],
    );
  await add('like:1', 91);
  await add('like:2', 89);
  await room.get(Housekeeping).sweepNotifications();
  expect(await room.database.query('SELECT group_key FROM notifications')).toEqual([{ group_key: 'like:2' }]);
});

test('a mail goes after a week, but not while its link is good; the count of an address goes with them', async () => {
  await room.database.query(
    `INSERT INTO mails (shard, id, user_id, kind, locale, created_at, expires_at)
     SELECT shard_of($1::bigint), next_id(shard_of($1::bigint)), $1, kind, 'en', now() - interval '8 days', until
     FROM (VALUES ('verify', now() - interval '7 days'), ('reversal', now() + interval '1 minute')) AS mail (kind, until)`,
    [ada],
  );
  await room.database.query(
    `INSERT INTO address_mails VALUES (1, '\\x01', CURRENT_DATE - 9, 6), (1, '\\x02', CURRENT_DATE, 6)`,
  );
  await room.get(Housekeeping).sweepExpired();
  expect(await room.database.query('SELECT kind FROM mails')).toEqual([{ kind: 'reversal' }]);
  expect(await room.database.query('SELECT FROM address_mails')).toHaveLength(1);
});

test('a sign-up on which nobody decided for 30 days goes, its name is free, and a mail says so', async () => {
  const waits = async (username: string, days: number) => {
    const [row] = await room.database.query<{ id: Id }>(
      `WITH waiting AS (
         INSERT INTO registrations (shard, id, username, email, password_hash, locale)
         VALUES (5, next_id(5) - ($2::bigint * 86400000 << 23), $1, $1 || '@example.org', '', 'de') RETURNING id)
       INSERT INTO usernames (username, given_up_by, given_up_at) SELECT $1, id, 'infinity' FROM waiting
       RETURNING given_up_by AS id`,
      [username, days],
    );
    return row?.id ?? '';
  };
  const [old] = [await waits('grace', 31), await waits('mary', 29)];
  await room.get(Overdue).sweep();
  await room.get(Overdue).sweep();
  const names = 'SELECT username FROM usernames UNION ALL SELECT username FROM registrations';
  expect(await room.database.query(names)).toEqual([{ username: 'mary' }, { username: 'mary' }]);
  const mails = await room.database.query(`SELECT kind, address, locale FROM mails WHERE user_id = $1`, [
    old,
  ]);
  expect(mails).toEqual([{ kind: 'undecided', address: 'grace@example.org', locale: 'de' }]);
  const events = await room.database.query('SELECT kind, actor_id FROM audit_events WHERE user_id = $1', [
    old,
  ]);
  expect(events).toEqual([{ kind: 'registration.expired', actor_id: null }]);
});
