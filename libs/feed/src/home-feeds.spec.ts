import { compareIds, keys, type Id } from '@app/platform';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../test/harness/database.js';
import { feedRoom, FeedFixtures, type FeedRoom } from '../../../test/harness/feed-room.js';
import { freshRedis } from '../../../test/harness/redis.js';
import { invalidation } from './invalidations.js';
import { patient } from '../../../test/harness/pace.js';

vi.setConfig({ testTimeout: patient(60_000) });

const AUTHORS = 5;
/** The window holds only a part of them, so most histories read across the floor. */
const OLD_POSTS = 900;
const FIRST = 2n ** 58n;
const MILLISECOND = 2n ** 23n;

let database: TestDatabase;
let room: FeedRoom;
let fixtures: FeedFixtures;
let reader: Id;
let authors: Id[];
/** Every post's author, as the model knows it. */
const authorOf = new Map<Id, Id>();
const followed = new Set<Id>();
const large = new Set<Id>();
let newest = 0;

const idAt = (moment: number): Id => String(FIRST + BigInt(moment) * MILLISECOND);
const pick = <Thing>(things: readonly Thing[], index: number): Thing =>
  things[index % things.length] as Thing;

/** The posts that `GET /feed` must show: the reader's own and those of everyone they follow, newest first. */
function model(): Id[] {
  const shown = [...authorOf].filter(([, author]) => author === reader || followed.has(author));
  return shown.map(([id]) => id).sort((a, b) => compareIds(b, a));
}

async function publish(author: Id, moment: number): Promise<void> {
  const id = idAt(moment);
  if (authorOf.has(id)) return;
  await fixtures.post(author, id);
  authorOf.set(id, author);
  if (large.has(author)) {
    await fixtures.run(
      `UPDATE users SET newest_unfanned_post_id = greatest(newest_unfanned_post_id, $2) WHERE id = $1`,
      [author, id],
    );
    await room.authorFeeds.insert(id, author);
    return;
  }
  const deliver = async (): Promise<unknown> =>
    room.homeFeeds.insert(id, followed.has(author) || author === reader ? [reader] : []);
  await deliver();
  await deliver();
}

/** Does what the worker does: invalidates followers' feeds first, then stops the fan-out of posts. */
async function grow(author: Id): Promise<void> {
  await fixtures.run(`UPDATE users SET audience = 1 WHERE id = $1`, [author]);
  if (followed.has(author)) await room.pending.invalidateOrThrow(invalidation.ofFeed(reader));
  await fixtures.run(`UPDATE users SET audience = 2 WHERE id = $1`, [author]);
  large.add(author);
}

async function shrink(author: Id): Promise<void> {
  large.delete(author);
  await fixtures.run(`UPDATE users SET audience = 0 WHERE id = $1`, [author]);
}

async function toggleFollow(author: Id): Promise<void> {
  if (followed.delete(author)) await fixtures.unfollow(reader, author);
  else {
    followed.add(author);
    await fixtures.follow(reader, author);
  }
  await room.pending.invalidateOrThrow(invalidation.ofFeed(reader));
}

/** Does what a trim does: any newest part of a list is a window with a floor. */
async function shorten(key: string, kept: number): Promise<void> {
  if ((await room.look.llen(key)) > kept) await room.look.ltrim(key, 0, kept - 1);
}

async function down(limit: number, from: Id | null = null): Promise<Id[]> {
  const read: Id[] = [];
  for (let before = from; ; before = read.at(-1) ?? null) {
    const page = await room.homeFeeds.page(reader, { before, limit });
    for (const id of page.ids) expect(page.mayAppear(authorOf.get(id) ?? '')).toBe(true);
    read.push(...page.ids);
    if (page.complete) return read;
    expect(page.ids.length).toBeGreaterThan(0);
  }
}

async function up(limit: number, from: Id): Promise<Id[]> {
  const read: Id[] = [];
  for (let after = from; ; after = read[0] ?? '') {
    const page = await room.homeFeeds.page(reader, { after, limit });
    read.unshift(...page.ids);
    if (page.complete) return read;
    expect(page.ids.length).toBeGreaterThan(0);
  }
}

async function expectModel(limit: number): Promise<void> {
  const all = model();
  expect(await down(limit)).toEqual(all);
  const middle = pick(all, limit * 31);
  expect(await down(50, middle)).toEqual(all.filter((id) => compareIds(id, middle) < 0));
  expect(await up(limit + 3, middle)).toEqual(all.filter((id) => compareIds(id, middle) > 0));
}

beforeAll(async () => {
  database = await freshDatabase();
  room = await feedRoom(database.url, await freshRedis());
  fixtures = new FeedFixtures(database);
  [reader = '', ...authors] = await fixtures.persons(AUTHORS + 1);
  for (; newest < OLD_POSTS; newest += 1) {
    const author = pick([...authors, reader], newest * 7);
    await fixtures.post(author, idAt(newest * 3));
    authorOf.set(idAt(newest * 3), author);
  }
  newest *= 3;
  for (const author of authors.slice(0, 3)) {
    followed.add(author);
    await fixtures.follow(reader, author);
  }
});
afterAll(async () => {
  await room.close();
  await database.close();
});

const someone = fc.nat(AUTHORS - 1).map((index) => ({ who: (): Id => pick(authors, index), index }));
const act = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(someone, fc.integer({ min: 1, max: 5 })).map(([{ who, index }, count]) => ({
      name: `${count} posts ${index}`,
      run: async () => {
        for (let made = 0; made < count; made += 1) await publish(who(), (newest += 3));
      },
    })),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(someone, fc.nat(1_500)).map(([{ who, index }, late]) => ({
      name: `late post ${index} -${late}`,
      run: () => publish(who(), newest - late),
    })),
  },
  { weight: 2, arbitrary: fc.constant({ name: 'own post', run: () => publish(reader, (newest += 3)) }) },
  {
    weight: 2,
    arbitrary: someone.map(({ who, index }) => ({ name: `follow ${index}`, run: () => toggleFollow(who()) })),
  },
  {
    weight: 2,
    arbitrary: someone.map(({ who, index }) => ({ name: `grow ${index}`, run: () => grow(who()) })),
  },
  {
    weight: 1,
    arbitrary: someone.map(({ who, index }) => ({ name: `shrink ${index}`, run: () => shrink(who()) })),
  },
  { weight: 1, arbitrary: fc.constant({ name: 'flush', run: async () => void (await room.look.flushdb()) }) },
  {
    weight: 1,
    arbitrary: someone.map(({ who, index }) => ({
      name: `evict ${index}`,
      run: async () => void (await room.look.del(keys.authorFeed(room.redis.epoch, who()))),
    })),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(someone, fc.integer({ min: 1, max: 4 })).map(([{ who, index }, kept]) => ({
      name: `author ${index} has ${kept}`,
      run: () => shorten(keys.authorFeed(room.redis.epoch, who()), kept),
    })),
  },
  {
    weight: 2,
    arbitrary: fc.integer({ min: 1, max: 200 }).map((kept) => ({
      name: `feed has ${kept}`,
      run: () => shorten(keys.homeFeed(room.redis.epoch, reader), kept),
    })),
  },
  {
    weight: 3,
    arbitrary: fc.constant({
      name: 'read',
      run: async () => void (await room.homeFeeds.page(reader, { limit: 20 })),
    }),
  },
);

describe('a feed, whatever happens', () => {
  test('shows all posts of the people that the reader follows, in order, to the last page', async () => {
    const histories = fc.array(act, { minLength: 1, maxLength: 14 });
    await fc.assert(
      fc.asyncProperty(histories, fc.integer({ min: 7, max: 50 }), async (history, limit) => {
        for (const { run } of history) await run();
        await expectModel(limit);
        await room.authorFeeds.settled();
        await expectModel(limit + 1);
      }),
      { numRuns: 25 },
    );
  });

  test('is continued below the window, where Redis knows nothing, without a seam', async () => {
    for (const author of authors) if (!followed.has(author)) await toggleFollow(author);
    const all = model();
    expect(all.length).toBeGreaterThan(600);
    expect(await down(50)).toEqual(all);
    const sources = [];
    for (const before of [null, all[300] ?? null, all[560] ?? null]) {
      const page = await room.homeFeeds.page(reader, { before, limit: 20 });
      sources.push([page.source, page.ids.length]);
    }
    expect(sources).toEqual([
      ['redis', 20],
      ['redis', 20],
      ['redis', 20],
    ]);
  });

  test('while others post, a reader on the way down misses nothing and meets nothing twice', async () => {
    const before = model();
    const read: Id[] = [];
    for (;;) {
      const page = await room.homeFeeds.page(reader, { before: read.at(-1) ?? null, limit: 30 });
      read.push(...page.ids);
      if (page.complete) break;
      await publish(pick([...followed], read.length), (newest += 3));
    }
    expect(read).toEqual(before);
  });
});
