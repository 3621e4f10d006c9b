import { createLogger, JobSender, shardOf, type Id } from '@app/platform';
import {
  Blocking,
  BlockRows,
  CountRows,
  Database,
  Following,
  FollowRows,
  lockAccount,
  OutboxRows,
  PopularPostRows,
  SearchWords,
  UnitOfWork,
  UserRows,
  Visibility,
} from '@app/storage';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../../test/harness/database.js';
import { relationRaces } from '../../../../test/harness/env.js';
import { openDatabase } from '../../../../test/harness/open-database.js';
import { freshRedis } from '../../../../test/harness/redis.js';
import {
  relationActs,
  type FollowEnd,
  type RelationAct,
  type Relations,
  type Who,
} from '../../../../test/harness/relation-model.js';
import { BlocksService } from '../blocks/blocks.service.js';
import { ProfileService } from '../me/profile.service.js';
import { FollowsService } from './follows.service.js';

/** Races of each two kinds of acts; `npm run test:model` runs 20. */
const ROUNDS = relationRaces();
/** Races at once, each of two people of its own. */
const LANES = 4;

interface Act {
  name: RelationAct;
  who: Who;
}

let town: TestDatabase;
let source: Awaited<ReturnType<typeof openDatabase>>;
let jobs: JobSender;
let follows: FollowsService;
let blocks: BlocksService;
let profiles: ProfileService;
let users: UserRows;
let work: UnitOfWork;

beforeAll(async () => {
  town = await freshDatabase();
  source = await openDatabase(town.url, LANES * 2);
  const database = new Database(source);
  const words = new SearchWords();
  jobs = new JobSender(await freshRedis(), createLogger('spec', 'silent'));
  users = new UserRows(database, words);
  const counts = new CountRows(database, new PopularPostRows(database), words);
  work = new UnitOfWork(database, new OutboxRows(database), counts, jobs);
  const visibility = new Visibility(database);
  const following = new Following(new FollowRows(database), users, visibility);
  const rows = new BlockRows(database);
  follows = new FollowsService(following, work, visibility);
  blocks = new BlocksService(new Blocking(rows, following), rows, users, visibility, work);
  profiles = new ProfileService(users, following);
});
afterAll(async () => {
  await jobs.close();
  await source.destroy();
  await town.close();
});

const really: Record<RelationAct, (self: Id, other: Id) => Promise<unknown>> = {
  follow: (self, other) => follows.follow(self, other),
  unfollow: (self, other) => follows.unfollow(self, other),
  accept: (self, other) => follows.accept(self, other),
  reject: (self, other) => follows.reject(self, other),
  remove: (self, other) => follows.remove(self, other),
  block: (self, other) => blocks.block(self, other),
  unblock: (self, other) => blocks.unblock(self, other),
  mute: (self, other) => blocks.mute(self, other),
  unmute: (self, other) => blocks.unmute(self, other),
  turnPrivate: (self) => work.run((tx) => profiles.change(tx, self, { private: true })),
  turnPublic: (self) => work.run((tx) => profiles.change(tx, self, { private: false })),
  close: (self) =>
    work.run(async (tx) => {
      await lockAccount(tx, self);
      await users.close(tx, self);
    }),
};
const kinds = Object.keys(really) as RelationAct[];

let people = 0;

async function twoPeople(): Promise<[Id, Id]> {
  people += 1;
  const made = await town.query<{ id: Id }>(
    `INSERT INTO users (shard, id, username, email, password_hash)
     SELECT shard_of(id), id, $1 || n, $1 || n, '' FROM generate_series(1, 2) n, next_id(n) AS id RETURNING id`,
    [`person${people}.`],
  );
  return [made[0]?.id ?? '', made[1]?.id ?? ''];
}

/** All by key: the tables grow with the races. */
const seen = `SELECT
  (SELECT accepted FROM follows WHERE shard = $3 AND follower_id = $1 AND followee_id = $2) AS follow,
  (SELECT accepted FROM followers WHERE shard = $4 AND followee_id = $2 AND follower_id = $1) AS follower,
  EXISTS (SELECT FROM blocks WHERE shard = $3 AND blocker_id = $1 AND blocked_id = $2) AS block,
  EXISTS (SELECT FROM blocked_by WHERE shard = $4 AND blocked_id = $2 AND blocker_id = $1) AS "blockedBy",
  EXISTS (SELECT FROM mutes WHERE shard = $3 AND muter_id = $1 AND muted_id = $2) AS mute,
  (SELECT private FROM users WHERE shard = $3 AND id = $1) AS private,
  (SELECT closed_at IS NOT NULL FROM users WHERE shard = $3 AND id = $1) AS closed,
  (SELECT coalesce(sum(delta), 0)::int FROM count_deltas
    WHERE shard = $3 AND subject_id = $1 AND counter = 'user.following') AS following,
  (SELECT coalesce(sum(delta), 0)::int FROM count_deltas
    WHERE shard = $4 AND subject_id = $2 AND counter = 'user.followers') AS followers`;

const look = (self: Id, other: Id) =>
  town.query<Seen & Record<string, unknown>>(seen, [self, other, shardOf(self), shardOf(other)]);

interface Seen {
  follow: boolean | null;
  follower: boolean | null;
  block: boolean;
  blockedBy: boolean;
  mute: boolean;
  private: boolean;
  closed: boolean;
  following: number;
  followers: number;
}

/** What PostgreSQL says, after both ends and both counts were held against each other. */
async function stateOf(pair: [Id, Id], label: string): Promise<Relations> {
  const [ada, grace] = pair;
  const [[one], [two]] = await Promise.all([look(ada, grace), look(grace, ada)]);
  if (!one || !two) throw new Error('expected two people');
  for (const end of [one, two]) {
    expect({ ...end, follower: end.follow, blockedBy: end.block }, `${label}: the ends differ`).toEqual(end);
    const counted = Number(end.follow === true);
    expect([end.following, end.followers], `${label}: counts differ from rows`).toEqual([counted, counted]);
  }
  const endOf = ({ follow }: Seen): FollowEnd => (follow === null ? null : follow ? 'accepted' : 'requested');
  return {
    follows: [endOf(one), endOf(two)],
    blocks: [one.block, two.block],
    mutes: [one.mute, two.mute],
    private: [one.private, two.private],
    closed: [one.closed, two.closed],
  };
}

function modelled(before: Relations, order: readonly Act[]): Relations {
  const state = structuredClone(before);
  for (const { name, who } of order) relationActs[name](state, who, who === 0 ? 1 : 0);
  return state;
}

/** A refusal is an answer, too; what the acts did is read from the rows. */
const refusals = new Set(['not_found', 'session_ended']);

async function carryOut({ who, name }: Act, [ada, grace]: [Id, Id]): Promise<void> {
  const done = who === 0 ? really[name](ada, grace) : really[name](grace, ada);
  await done.catch((error: unknown) => {
    if (!refusals.has(String((error as { code?: unknown }).code))) throw error;
  });
}

const drawnOf = <Item>(items: readonly Item[]): Item =>
  items[Math.floor(Math.random() * items.length)] as Item;
const someone = (name: RelationAct): Act => ({ name, who: drawnOf([0, 1]) });

async function race(one: Act, other: Act): Promise<void> {
  const pair = await twoPeople();
  const history = [1, 2, 3].map(() => someone(drawnOf(kinds.filter((name) => name !== 'close'))));
  for (const act of history) await carryOut(act, pair);
  const told = [...history, one, other]
    .map(({ who, name }) => `${who === 0 ? 'ada' : 'grace'} ${name}`)
    .join(', ');
  const before = await stateOf(pair, told);
  await Promise.all([carryOut(one, pair), carryOut(other, pair)]);
  const after = await stateOf(pair, told);
  const orders = [modelled(before, [one, other]), modelled(before, [other, one])];
  expect(orders, `${told}: as if one came after the other`).toContainEqual(after);
}

test(
  'whatever two people do to each other at once ends as if one came after the other, equal at both ends and counted',
  { timeout: 60_000 + ROUNDS * 15_000 },
  async () => {
    const races = kinds.flatMap((one, index) =>
      kinds
        .slice(index)
        .flatMap((other) => Array.from({ length: ROUNDS }, () => [someone(one), someone(other)] as const)),
    );
    const lane = async (): Promise<void> => {
      for (let next = races.pop(); next; next = races.pop()) await race(...next);
    };
    await Promise.all(Array.from({ length: LANES }, lane));
  },
);

test('what an older release left behind is mended by the next step that is repeated', async () => {
  const [ada, grace] = await twoPeople();
  const plant = (sql: string) => town.query(sql, [ada, grace]);
  const block = `INSERT INTO blocks (shard, blocker_id, blocked_id, id) VALUES (shard_of($1::bigint), $1, $2, 1)`;
  await follows.follow(ada, grace);
  await follows.follow(grace, ada);
  await plant(block);
  await blocks.block(ada, grace);
  expect(await stateOf([ada, grace], 'a follow beside a block')).toMatchObject({
    follows: [null, null],
    blocks: [true, false],
  });
  await blocks.unblock(ada, grace);
  await follows.follow(ada, grace);
  await town.query(
    `WITH gone AS (DELETE FROM followers WHERE follower_id = $1 RETURNING followee_id)
     INSERT INTO count_deltas (shard, subject_id, counter, delta)
     SELECT shard_of(followee_id), followee_id, 'user.followers', -1 FROM gone`,
    [ada],
  );
  await follows.follow(ada, grace);
  expect(await stateOf([ada, grace], 'a follow of one end')).toMatchObject({ follows: ['accepted', null] });
});
