import type { Id } from '@app/platform';
import { lockAccount, nowhere, UnitOfWork, UserRows } from '@app/storage';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestDatabase } from '../../../../test/harness/database.js';
import { domainRoom, type DomainRoom } from '../../../../test/harness/domain-room.js';
import { relationRaces } from '../../../../test/harness/env.js';
import {
  relationActs,
  type FollowEnd,
  type RelationAct,
  type Relations as Model,
  type Who,
} from '../../../../test/harness/relation-model.js';
import { Profiles } from '../accounts/profiles.js';
import { Relations } from './relations.js';

/** Races for each pair of acts; `npm run test:model` runs 200. */
const ROUNDS = relationRaces();
/** Concurrent races, each between two people of its own. */
const LANES = 4;
/** Races whose people one statement creates, and one reads. */
const HEAT = 300;
/** Acts that precede a race. */
const HISTORY = 6;

interface Act {
  name: RelationAct;
  who: Who;
}

let room: DomainRoom;
let testDatabase: TestDatabase;
let relations: Relations;
let profiles: Profiles;
let users: UserRows;
let work: UnitOfWork;

beforeAll(async () => {
  room = await domainRoom();
  testDatabase = room.database;
  relations = room.get(Relations);
  profiles = room.get(Profiles);
  users = room.get(UserRows);
  work = room.get(UnitOfWork);
});
afterAll(async () => {
  await room.close();
});

const really: Record<RelationAct, (self: Id, other: Id) => Promise<unknown>> = {
  follow: (self, other) => relations.follow(self, other),
  unfollow: (self, other) => relations.unfollow(self, other),
  accept: (self, other) => relations.accept(self, other),
  reject: (self, other) => relations.reject(self, other),
  remove: (self, other) => relations.remove(self, other),
  block: (self, other) => relations.block(self, other),
  unblock: (self, other) => relations.unblock(self, other),
  mute: (self, other) => relations.mute(self, other),
  unmute: (self, other) => relations.unmute(self, other),
  turnPrivate: (self) => profiles.change(self, { private: true }, nowhere),
  turnPublic: (self) => profiles.change(self, { private: false }, nowhere),
  close: (self) =>
    work.run(async (tx) => {
      await lockAccount(tx, self);
      await users.close(tx, self, new Date());
    }),
};
const kinds = Object.keys(really) as RelationAct[];

type Pair = readonly [Id, Id];
/** Both directions of each pair. */
const bothWays = (pairs: readonly Pair[]): { self: Id[]; other: Id[] } => ({
  self: pairs.flat(),
  other: pairs.flatMap(([ada, grace]) => [grace, ada]),
});

let people = 0;

/** Creates two people in each of these states. */
async function peopleIn(states: readonly Model[]): Promise<Pair[]> {
  people += 1;
  const made = await testDatabase.query<{ id: Id }>(
    `INSERT INTO users (shard, id, username, email, password_hash, private)
     SELECT shard_of(id), id, $1 || n, $1 || n, '', p.private
     FROM unnest($2::boolean[]) WITH ORDINALITY AS p(private, n), next_id(n::int) AS id ORDER BY n RETURNING id`,
    [`person${people}.`, states.flatMap((state) => state.private)],
  );
  const pairs = states.map((_, index): Pair => [made[index * 2]?.id ?? '', made[index * 2 + 1]?.id ?? '']);
  const { self, other } = bothWays(pairs);
  const accepted = states.flatMap(({ follows: ends }) => ends.map((end) => end && end === 'accepted'));
  const has = (what: 'blocks' | 'mutes') => states.flatMap((state) => state[what]);
  await testDatabase.query(planted, [self, other, accepted, has('blocks'), has('mutes')]);
  return pairs;
}

const planted = `WITH ends AS (
    SELECT *, shard_of(self) AS here, shard_of(other) AS there
    FROM unnest($1::bigint[], $2::bigint[], $3::boolean[], $4::boolean[], $5::boolean[])
      AS e(self, other, accepted, block, mute)),
  mine AS (INSERT INTO follows (shard, follower_id, followee_id, id, accepted)
    SELECT here, self, other, next_id(here), accepted FROM ends WHERE accepted IS NOT NULL),
  theirs AS (INSERT INTO followers (shard, followee_id, follower_id, id, accepted)
    SELECT there, other, self, next_id(there), accepted FROM ends WHERE accepted IS NOT NULL),
  blocking AS (INSERT INTO blocks (shard, blocker_id, blocked_id, id)
    SELECT here, self, other, next_id(here) FROM ends WHERE block),
  blocked AS (INSERT INTO blocked_by (shard, blocked_id, blocker_id, id)
    SELECT there, other, self, next_id(there) FROM ends WHERE block),
  muting AS (INSERT INTO mutes (shard, muter_id, muted_id, id)
    SELECT here, self, other, next_id(here) FROM ends WHERE mute)
  INSERT INTO count_deltas (shard, subject_id, counter, delta)
    SELECT here, self, 'user.following', 1 FROM ends WHERE accepted
    UNION ALL SELECT there, other, 'user.followers', 1 FROM ends WHERE accepted`;

/** Reads everything by key: the tables grow with the races. */
const seen = `SELECT
  (SELECT accepted FROM follows WHERE shard = here AND follower_id = self AND followee_id = other) AS follow,
  (SELECT accepted FROM followers WHERE shard = there AND followee_id = other AND follower_id = self) AS follower,
  EXISTS (SELECT FROM blocks WHERE shard = here AND blocker_id = self AND blocked_id = other) AS block,
  EXISTS (SELECT FROM blocked_by WHERE shard = there AND blocked_id = other AND blocker_id = self) AS "blockedBy",
  EXISTS (SELECT FROM mutes WHERE shard = here AND muter_id = self AND muted_id = other) AS mute,
  (SELECT private FROM users WHERE shard = here AND id = self) AS private,
  (SELECT closed_at IS NOT NULL FROM users WHERE shard = here AND id = self) AS closed,
  (SELECT coalesce(sum(delta), 0)::int FROM count_deltas
    WHERE shard = here AND subject_id = self AND counter = 'user.following') AS following,
  (SELECT coalesce(sum(delta), 0)::int FROM count_deltas
    WHERE shard = there AND subject_id = other AND counter = 'user.followers') AS followers
  FROM (SELECT *, shard_of(self) AS here, shard_of(other) AS there
    FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS e(self, other, place) OFFSET 0) AS ends
  ORDER BY place`;

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

/** The state of each pair in PostgreSQL, after comparing both ends and both counts. */
async function statesOf(pairs: readonly Pair[], labels: readonly string[]): Promise<Model[]> {
  const { self, other } = bothWays(pairs);
  const rows = await testDatabase.query<Seen & Record<string, unknown>>(seen, [self, other]);
  expect(rows).toHaveLength(pairs.length * 2);
  return pairs.map((_, index) => stateOf(rows.slice(index * 2, index * 2 + 2), labels[index] ?? ''));
}

function stateOf(ends: readonly Seen[], label: string): Model {
  const equal = ends.map(({ follow, block, ...end }) => {
    const counted = Number(follow === true);
    return {
      ...end,
      follow,
      follower: follow,
      block,
      blockedBy: block,
      following: counted,
      followers: counted,
    };
  });
  expect(ends, `${label}: the ends differ, or counts differ from rows`).toEqual(equal);
  const both = <Value>(of: (end: Seen) => Value) => ends.map(of) as [Value, Value];
  return {
    follows: both(({ follow }): FollowEnd => (follow === null ? null : follow ? 'accepted' : 'requested')),
    blocks: both(({ block }) => block),
    mutes: both(({ mute }) => mute),
    private: both((end) => end.private),
    closed: both(({ closed }) => closed),
  };
}

const strangers: Model = {
  follows: [null, null],
  blocks: [false, false],
  mutes: [false, false],
  private: [false, false],
  closed: [false, false],
};

function modelled(before: Model, order: readonly Act[]): Model {
  const state = structuredClone(before);
  for (const { name, who } of order) relationActs[name](state, who, who === 0 ? 1 : 0);
  return state;
}

/** A refusal is a valid answer; the test reads the rows to see what the acts did. */
const refusals = new Set(['not_found', 'session_ended']);

async function carryOut({ who, name }: Act, [ada, grace]: Pair): Promise<void> {
  const done = who === 0 ? really[name](ada, grace) : really[name](grace, ada);
  await done.catch((error: unknown) => {
    if (!refusals.has(String((error as { code?: unknown }).code))) throw error;
  });
}

const drawnOf = <Item>(items: readonly Item[]): Item =>
  items[Math.floor(Math.random() * items.length)] as Item;
const someone = (name: RelationAct): Act => ({ name, who: drawnOf([0, 1]) });

interface Race {
  acts: readonly [Act, Act];
  /** The pair's state before the race, as the model computes it from their history. */
  before: Model;
  told: string;
}

function raceOf(one: RelationAct, other: RelationAct): Race {
  const acts = [someone(one), someone(other)] as const;
  const history = Array.from({ length: HISTORY }, () =>
    someone(drawnOf(kinds.filter((name) => name !== 'close'))),
  );
  const told = [...history, ...acts].map(({ who, name }) => `${who === 0 ? 'ada' : 'grace'} ${name}`);
  return { acts, before: modelled(strangers, history), told: told.join(', ') };
}

/** Creates the people of these races together, and checks their states before and after. */
async function run(heat: readonly Race[]): Promise<void> {
  const told = heat.map((race) => race.told);
  const pairs = await peopleIn(heat.map(({ before }) => before));
  expect(await statesOf(pairs, told)).toEqual(heat.map(({ before }) => before));
  const waiting = heat.map(({ acts }, index) => ({ acts, pair: pairs[index] as Pair }));
  const lane = async (): Promise<void> => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const { acts, pair } = next;
      await Promise.all(acts.map((act) => carryOut(act, pair)));
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  const after = await statesOf(pairs, told);
  heat.forEach(({ acts: [one, other], before, told: label }, index) => {
    const orders = [modelled(before, [one, other]), modelled(before, [other, one])];
    expect(orders, `${label}: as if one came after the other`).toContainEqual(after[index]);
  });
}

test(
  'whatever two people do to each other at once ends as if one came after the other, equal at both ends and counted',
  { timeout: 60_000 + ROUNDS * 2_000 },
  async () => {
    const races = kinds.flatMap((one, index) =>
      kinds.slice(index).flatMap((other) => Array.from({ length: ROUNDS }, () => raceOf(one, other))),
    );
    while (races.length > 0) await run(races.splice(-HEAT));
  },
);

test('what an older release left behind is mended by the next step that is repeated', async () => {
  const [pair] = await peopleIn([strangers]);
  const [ada, grace] = pair as Pair;
  const state = async (label: string) => (await statesOf([[ada, grace]], [label]))[0];
  const plant = (sql: string) => testDatabase.query(sql, [ada, grace]);
  const block = `INSERT INTO blocks (shard, blocker_id, blocked_id, id) VALUES (shard_of($1::bigint), $1, $2, 1)`;
  await relations.follow(ada, grace);
  await relations.follow(grace, ada);
  await plant(block);
  await relations.block(ada, grace);
  expect(await state('a follow beside a block')).toMatchObject({
    follows: [null, null],
    blocks: [true, false],
  });
  await relations.unblock(ada, grace);
  await relations.follow(ada, grace);
  await testDatabase.query(
    `WITH gone AS (DELETE FROM followers WHERE follower_id = $1 RETURNING followee_id)
     INSERT INTO count_deltas (shard, subject_id, counter, delta)
     SELECT shard_of(followee_id), followee_id, 'user.followers', -1 FROM gone`,
    [ada],
  );
  await relations.follow(ada, grace);
  expect(await state('a follow of one end')).toMatchObject({ follows: ['accepted', null] });
});
