import { compareIds, shardOf, type Id } from '@app/platform';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../../../test/harness/database.js';
import { FeedFixtures } from '../../../../../test/harness/feed-room.js';
import { dataSourceOptions } from '../data-source.js';
import { Database } from '../database.js';
import { Queryable } from '../queryable.js';
import { NotificationCauses, noCauses } from './notification-causes.js';
import { NotificationGroups, type Group } from './notification-groups.js';
import { NotificationRows } from './notifications.js';

let database: TestDatabase;
let source: DataSource;
let sql: Database;
let fixtures: FeedFixtures;
let groups: NotificationGroups;
let rows: NotificationRows;
const causes = new NotificationCauses();

let ada: Id;
let grace: Id;
let linus: Id;
let post: Id;

beforeAll(async () => {
  database = await freshDatabase();
  source = await new DataSource(dataSourceOptions({ url: database.url, name: 'spec', pool: 6 })).initialize();
  sql = new Database(source);
  fixtures = new FeedFixtures(database);
  groups = new NotificationGroups(sql);
  rows = new NotificationRows(sql);
});
afterAll(async () => {
  await source.destroy();
  await database.close();
});
beforeEach(async () => {
  [ada = '', grace = '', linus = ''] = await fixtures.persons(3);
  post = await fixtures.post(ada);
});

async function like(user: Id, hidden = false): Promise<void> {
  await fixtures.run(
    `INSERT INTO post_likes (shard, post_id, user_id, id, hidden) VALUES ($1::int, $2, $3, next_id($1::int), $4)`,
    [shardOf(post), post, user, hidden],
  );
  if (!hidden) await count(1);
}

async function unlike(user: Id): Promise<void> {
  await fixtures.run(`DELETE FROM post_likes WHERE post_id = $1 AND user_id = $2`, [post, user]);
  await count(-1);
}

/** Counts as the api does: a delta, folded or not. */
async function count(delta: number): Promise<void> {
  await fixtures.run(
    `INSERT INTO count_deltas (shard, subject_id, counter, delta) VALUES ($1, $2, 'post.likes', $3)`,
    [shardOf(post), post, delta],
  );
}

const likes = (): Group => ({ user: ada, key: `like:${post}`, type: 'like', post });

/** Recomputes the likes of the post. */
async function tell(): Promise<boolean> {
  return sql.transaction(async (tx) => {
    await groups.lock(tx, ada);
    return groups.settle(tx, likes(), await causes.ofPost(tx, ada, 'likes', post));
  });
}

const page = () => rows.page(ada, { limit: 20, before: null, after: null });
const read = (upTo: Id) => sql.transaction((tx) => rows.read(tx, ada, upTo));

describe('likes of a post', () => {
  test('are one group: the newest three, and how many', async () => {
    const people = await fixtures.persons(5);
    for (const person of people) await like(person);
    expect(await tell()).toBe(true);
    expect(await tell()).toBe(false);
    expect(await page()).toMatchObject([
      { group_key: `like:${post}`, count: 5, actors: people.toReversed().slice(0, 3), read: false },
    ]);
    expect(await rows.unread(ada)).toBe(1);
  });

  test('leave out oneself, hidden ones, muted and blocked people either way, and closed accounts', async () => {
    const [muted = '', blocked = '', blocker = '', closed = ''] = await fixtures.persons(4);
    for (const person of [ada, grace, muted, blocked, blocker]) await like(person);
    await like(linus, true);
    await fixtures.run(`INSERT INTO mutes VALUES ($1, $2, $3, 1)`, [shardOf(ada), ada, muted]);
    await fixtures.run(`INSERT INTO blocks VALUES ($1, $2, $3, 1)`, [shardOf(ada), ada, blocked]);
    await fixtures.run(`INSERT INTO blocked_by VALUES ($1, $2, $3, 1)`, [shardOf(ada), ada, blocker]);
    await tell();
    expect(await page()).toMatchObject([{ count: 1, actors: [grace] }]);
    await unlike(grace);
    await like(closed);
    await fixtures.run(`UPDATE users SET closed_at = now() WHERE id = $1`, [closed]);
    await tell();
    expect(await page()).toEqual([]);
    expect(await rows.unread(ada)).toBe(0);
  });

  test('that grow take a new position and are unread again; taken back, they stay where they are', async () => {
    await like(grace);
    await tell();
    const [first] = await page();
    await read(first?.id ?? '');
    expect(await rows.unread(ada)).toBe(0);
    await like(linus);
    await tell();
    const [second] = await page();
    expect(second).toMatchObject({ read: false, count: 2 });
    expect(compareIds(second?.id ?? '0', first?.id ?? '0')).toBeGreaterThan(0);
    expect(await rows.unread(ada)).toBe(1);
    await read(second?.id ?? '');
    await unlike(linus);
    await tell();
    expect(await page()).toMatchObject([{ id: second?.id, read: true, count: 1, actors: [grace] }]);
    expect(await rows.unread(ada)).toBe(0);
  });

  test('that are all taken back are gone, and counted no longer as unread', async () => {
    await like(grace);
    await tell();
    await unlike(grace);
    expect(await tell()).toBe(true);
    expect(await page()).toEqual([]);
    expect(await rows.unread(ada)).toBe(0);
  });

  test('that return without a new one (an unmute) are what they were', async () => {
    await like(grace);
    await tell();
    const [before] = await page();
    await read(before?.id ?? '');
    await fixtures.run(`INSERT INTO mutes VALUES ($1, $2, $3, 1)`, [shardOf(ada), ada, grace]);
    await tell();
    expect(await page()).toEqual([]);
    await fixtures.run(`DELETE FROM mutes WHERE muter_id = $1`, [ada]);
    await tell();
    expect(await page()).toEqual([{ ...before, read: true }]);
    expect(await rows.unread(ada)).toBe(0);
  });

  test('worked out by many at once while they are read are counted once', async () => {
    const people = await fixtures.persons(10);
    for (const person of people) {
      await like(person);
      const [newest] = await page();
      await Promise.all([tell(), tell(), read(newest?.id ?? '1'), tell()]);
    }
    const unread = (await page()).filter((row) => !row.read).length;
    expect(await rows.unread(ada)).toBe(unread);
    expect((await page())[0]?.count).toBe(10);
  });
});

describe('new followers', () => {
  async function follow(user: Id): Promise<void> {
    await fixtures.run(
      `INSERT INTO followers (shard, followee_id, follower_id, id) VALUES ($1::int, $2, $3, next_id($1::int))`,
      [shardOf(ada), ada, user],
    );
  }
  async function tellFollows(): Promise<void> {
    await sql.transaction(async (tx) => {
      const since = (await groups.lock(tx, ada)) ?? '0';
      const group: Group = { user: ada, key: `follow:${since}`, type: 'follow', post: null };
      await groups.settle(tx, group, await causes.followers(tx, ada, since, null));
    });
  }

  test('gather in one group until it is read; later ones begin another', async () => {
    await follow(grace);
    await tellFollows();
    await follow(linus);
    await tellFollows();
    const [first] = await page();
    expect(first).toMatchObject({ type: 'follow', count: 2, actors: [linus, grace] });
    await read(first?.id ?? '');
    const [later = ''] = await fixtures.persons(1);
    await follow(later);
    await tellFollows();
    expect(await page()).toMatchObject([
      { count: 1, actors: [later], read: false },
      { id: first?.id, count: 2, read: true },
    ]);
    expect(await rows.unread(ada)).toBe(1);
  });
});

describe('what is forgotten', () => {
  test('is no longer unread: of a post that is gone, and what is too old', async () => {
    await like(grace);
    await tell();
    expect(await rows.toldOfPost(post, 10)).toEqual([ada]);
    await rows.forgetPost(ada, post);
    expect([await page(), await rows.unread(ada)]).toEqual([[], 0]);
    await tell();
    await fixtures.run(
      `UPDATE notifications SET created_at = now() - interval '91 days' WHERE user_id = $1`,
      [ada],
    );
    expect(await rows.expired(90 * 86_400, 10)).toEqual([ada]);
    expect(await rows.forgetExpired(ada, 90 * 86_400)).toBe(1);
    expect([await page(), await rows.unread(ada)]).toEqual([[], 0]);
  });

  test('nothing is told to an account that is closed', async () => {
    await fixtures.run(`UPDATE users SET closed_at = now() WHERE id = $1`, [ada]);
    expect(await sql.transaction((tx) => groups.lock(tx, ada))).toBeNull();
  });
});

test('every cause, and every group that it may concern, is read along an index', async () => {
  const seen: string[] = [];
  await sql.transaction(async (tx) => {
    class Explained extends Queryable {
      async query(name: string, text: string, parameters: readonly unknown[] = []) {
        const plan = await tx.query<Record<string, string>>(name, `EXPLAIN ${text}`, parameters);
        seen.push(...plan.rows.map((row) => `${name}: ${row['QUERY PLAN']}`));
        return { rows: [noCauses] as never[], count: 1 };
      }
    }
    const explained = new Explained();
    await tx.query('spec', 'SET LOCAL enable_seqscan = off');
    for (const what of ['likes', 'comments'] as const) await causes.ofPost(explained, ada, what, post);
    for (const what of ['replies', 'commentLikes'] as const)
      await causes.ofComment(explained, ada, what, post);
    await causes.followers(explained, ada, '0', null);
    await causes.requests(explained, ada);
    await causes.accepted(explained, ada, grace);
    const standing = new NotificationGroups(explained as unknown as Database);
    await standing.concerning(ada, grace, { after: '', limit: 500 });
    await standing.belowPostsOf(grace, ada, { after: '', limit: 500 });
    await standing.misplaced(ada, [post]);
    await new NotificationRows(explained as unknown as Database).unread(ada);
  });
  expect(seen.filter((line) => line.includes('Seq Scan'))).toEqual([]);
});
