import { type Id, createLogger, JobSender } from '@app/platform';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../../test/harness/database.js';
import { openDatabase } from '../../../../test/harness/open-database.js';
import { feedRoom, type FeedRoom } from '../../../../test/harness/feed-room.js';
import { freshRedis } from '../../../../test/harness/redis.js';
import {
  Database,
  CountRows,
  LikeRows,
  OutboxRows,
  PopularRows,
  PostRows,
  SearchWords,
  UnitOfWork,
  UserRows,
} from '@app/storage';
import { PostAccess } from '../posts/post-access.js';
import { Visibility } from '../visibility/visibility.js';
import { Likes, type LikeOutcome, type LikeWish } from './likes.js';

let testDatabase: TestDatabase;
let source: Awaited<ReturnType<typeof openDatabase>>;
let jobs: JobSender;
let work: UnitOfWork;
let subject: Likes;
let room: FeedRoom;

beforeAll(async () => {
  testDatabase = await freshDatabase();
  source = await openDatabase(testDatabase.url, 8);
  const database = new Database(source);
  jobs = new JobSender(await freshRedis(), createLogger('spec', 'silent'));
  const counts = new CountRows(database, new PopularRows(database), new SearchWords());
  work = new UnitOfWork(database, new OutboxRows(database), counts, jobs, {
    committed: () => Promise.resolve(),
    tell: () => undefined,
  });
  room = await feedRoom(testDatabase.url, await freshRedis());
  const [posts, visibility] = [new PostRows(database), new Visibility(database)];
  const access = new PostAccess(posts, new UserRows(database, new SearchWords()), visibility);
  subject = new Likes(new LikeRows(database), posts, access, visibility, room.marks, work);
});
afterAll(async () => {
  await room.close();
  await jobs.close();
  await source.destroy();
  await testDatabase.close();
});
beforeEach(async () => {
  for (const table of ['likes', 'post_likes', 'count_deltas', 'outbox'])
    await testDatabase.query(`DELETE FROM ${table}`);
});

let people = 0;

async function person(isPrivate = false): Promise<Id> {
  people += 1;
  const [row] = await testDatabase.query<{ id: Id }>(
    `INSERT INTO users (shard, id, username, email, password_hash, private)
     SELECT shard_of(id), id, $1, $1, '', $2 FROM next_id($3) AS id RETURNING id`,
    [`person${people}`, isPrivate, people % 7],
  );
  return row?.id ?? '';
}

async function postOf(author: Id, state = 'published'): Promise<Id> {
  const [row] = await testDatabase.query<{ id: Id }>(
    `INSERT INTO posts (shard, id, author_id, state)
     SELECT shard_of($1::bigint), next_id(shard_of($1::bigint)), $1, $2 RETURNING id`,
    [author, state],
  );
  return row?.id ?? '';
}

const carryOut = (wishes: LikeWish[], wait = false): Promise<LikeOutcome[]> =>
  work.run((tx) => subject.carryOut(tx, wishes, { wait }));

const likes = (user: Id, post: Id): LikeWish => ({ user, post, liked: true });
const unlikes = (user: Id, post: Id): LikeWish => ({ user, post, liked: false });

/** The rows of both ends, which must be equal. */
async function liked(): Promise<{ user_id: Id; post_id: Id }[]> {
  const of = (table: string) =>
    testDatabase.query<{ user_id: Id; post_id: Id }>(`SELECT user_id, post_id FROM ${table} ORDER BY 1, 2`);
  const [here, there] = await Promise.all([of('likes'), of('post_likes')]);
  expect(there).toEqual(here);
  return here;
}

test('each of many gets what they would get alone', async () => {
  const [ada, grace, blocked, follower] = [
    await person(),
    await person(true),
    await person(),
    await person(),
  ];
  const [open, hers, draft] = [await postOf(ada), await postOf(grace), await postOf(ada, 'publishing')];
  await testDatabase.query(
    `INSERT INTO blocked_by (shard, blocked_id, blocker_id, id) VALUES (shard_of($1::bigint), $1, $2, 1)`,
    [blocked, ada],
  );
  await testDatabase.query(
    `INSERT INTO follows (shard, follower_id, followee_id, id, accepted) VALUES (shard_of($1::bigint), $1, $2, 1, true)`,
    [follower, grace],
  );
  const wishes = [
    likes(follower, open),
    likes(blocked, open),
    likes(follower, hers),
    likes(blocked, hers),
    likes(ada, open),
    likes(ada, draft),
    unlikes(grace, open),
  ];
  const outcomes = ['done', 'hidden', 'done', 'hidden', 'done', 'hidden', 'done'];
  expect(await carryOut(wishes)).toEqual(outcomes);
  expect(await liked()).toHaveLength(3);
});

test('many likes of a post are one delta and one row of what is told', async () => {
  const post = await postOf(await person());
  const fans = await Promise.all(Array.from({ length: 5 }, () => person()));
  await carryOut(fans.map((fan) => likes(fan, post)));
  await carryOut(fans.map((fan) => likes(fan, post)));
  expect(await testDatabase.query('SELECT subject_id, counter, delta FROM count_deltas')).toEqual([
    { subject_id: post, counter: 'post.likes', delta: 5 },
  ]);
  expect(await testDatabase.query('SELECT kind, subject_id FROM outbox')).toEqual([
    { kind: 'notify.likes', subject_id: post },
  ]);
});

test('a like is taken back from what one may no longer see', async () => {
  const [ada, fan] = [await person(), await person()];
  const post = await postOf(ada);
  await carryOut([likes(fan, post)]);
  await testDatabase.query('UPDATE posts SET archived = true WHERE id = $1', [post]);
  expect(await carryOut([unlikes(fan, post)])).toEqual(['hidden']);
  expect(await liked()).toEqual([]);
});

test('a refused like says why, and an unlike whether the post is still seen', async () => {
  const [ada, fan] = [await person(), await person()];
  const [open, draft] = [await postOf(ada), await postOf(ada, 'publishing')];
  await subject.like(fan, open);
  expect(await subject.unlike(fan, open)).toBe(true);
  await expect(subject.like(fan, draft)).rejects.toMatchObject({ code: 'not_found' });
  await expect(subject.like(ada, draft)).rejects.toMatchObject({ code: 'post_not_published' });
  await subject.like(fan, open);
  await testDatabase.query('UPDATE posts SET archived = true WHERE id = $1', [open]);
  expect(await subject.unlike(fan, open)).toBe(false);
  expect(await liked()).toEqual([]);
});

test('a post that somebody has locked holds up nobody who likes another', async () => {
  const ada = await person();
  const [locked, free] = [await postOf(ada), await postOf(ada)];
  const holder = source.createQueryRunner();
  await holder.startTransaction();
  await holder.query('SELECT 1 FROM posts WHERE id = $1 FOR UPDATE', [locked]);
  const fan = await person();
  expect(await carryOut([likes(fan, locked), likes(fan, free)])).toEqual(['busy', 'done']);
  const waiting = carryOut([likes(fan, locked)], true);
  await holder.query('DELETE FROM posts WHERE id = $1', [locked]);
  await holder.commitTransaction();
  await holder.release();
  expect(await waiting).toEqual(['hidden']);
  expect(await liked()).toEqual([{ user_id: fan, post_id: free }]);
});

test('processes that like and unlike the same at once never wait for each other in a circle, and count what is there', async () => {
  const authors = [await person(), await person()];
  const posts = await Promise.all(authors.flatMap((author) => [postOf(author), postOf(author)]));
  const fans = await Promise.all(Array.from({ length: 6 }, () => person()));
  const pairs = fans.flatMap((fan) => posts.map((post) => ({ user: fan, post })));
  const process = async (): Promise<void> => {
    for (let round = 0; round < 12; round += 1) {
      const some = pairs.filter(() => Math.random() < 0.6).sort(() => Math.random() - 0.5);
      await carryOut(some.map((pair) => ({ ...pair, liked: Math.random() < 0.5 })));
    }
  };
  await Promise.all([process(), process(), process(), process(), process(), process()]);
  const rows = await liked();
  const sums = await testDatabase.query<{ post: Id; likes: number }>(
    'SELECT subject_id AS post, sum(delta)::int AS likes FROM count_deltas GROUP BY 1',
  );
  const counted = new Map(sums.map(({ post, likes: sum }) => [post, sum]));
  for (const post of posts)
    expect(counted.get(post) ?? 0).toBe(rows.filter(({ post_id }) => post_id === post).length);
});
