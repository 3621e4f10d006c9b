import type { Id } from '@app/platform';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { domainRoom, type DomainRoom } from '../../../../test/harness/domain-room.js';
import { stranger, Visibility, type Relation } from './visibility.js';

let room: DomainRoom;
let visibility: Visibility;

beforeAll(async () => {
  room = await domainRoom();
  visibility = room.get(Visibility);
});
afterAll(() => room.close());

/** The columns of each table, as `viewer` and `other` fill them. */
const rows = {
  following: ['follows', 'follower_id', 'followee_id', 'id, accepted', '1, true'],
  requested: ['follows', 'follower_id', 'followee_id', 'id, accepted', '1, false'],
  followedBy: ['followers', 'followee_id', 'follower_id', 'id, accepted', '1, true'],
  blocking: ['blocks', 'blocker_id', 'blocked_id', 'id', '1'],
  blockedBy: ['blocked_by', 'blocked_id', 'blocker_id', 'id', '1'],
  muting: ['mutes', 'muter_id', 'muted_id', 'id', '1'],
} as const;
const kinds = Object.keys(rows) as (keyof typeof rows)[];

async function relate(viewer: Id, other: Id, kind: keyof typeof rows): Promise<void> {
  const [table, mine, theirs, more, values] = rows[kind];
  await room.database.query(
    `INSERT INTO ${table} (shard, ${mine}, ${theirs}, ${more}) VALUES (shard_of($1::bigint), $1, $2, ${values})`,
    [viewer, other],
  );
}

test('each relation is read from its row, for one viewer and for many, in the order that was asked', async () => {
  const viewer = await room.person();
  const others = await Promise.all([...kinds, 'none'].map(() => room.person()));
  for (const [index, kind] of kinds.entries()) await relate(viewer, others[index] ?? '', kind);
  const expected = [...kinds.map((kind): Relation => ({ ...stranger, [kind]: true })), stranger];
  const found = await visibility.relations(viewer, [...others, ...others, viewer]);
  expect(others.map((other) => found.get(other))).toEqual(expected);
  expect(found.get(viewer)).toEqual({ ...stranger, self: true });
  expect(await visibility.relationsOf(others.map((other) => ({ viewer, other })))).toEqual(expected);
  expect(await visibility.relationsOf([{ viewer, other: viewer }])).toEqual([{ ...stranger, self: true }]);
});

test('the other side of a row is nothing to its viewer, and nobody signed in relates to anybody', async () => {
  const [ada, grace] = [await room.person(), await room.person()];
  for (const kind of ['following', 'muting', 'blocking'] as const) await relate(ada, grace, kind);
  expect(await visibility.relation(grace, ada)).toEqual(stranger);
  expect(await visibility.relation(null, ada)).toEqual(stranger);
});

const owner = { id: '1', private: false, closed_at: null };
const hidden = { ...owner, private: true };
const closed = { ...owner, closed_at: new Date() };
const as = (...on: (keyof Relation)[]): Relation => ({
  ...stranger,
  ...Object.fromEntries(on.map((kind) => [kind, true])),
});

test('who may see a profile, meet, see content', () => {
  const judged = (person: typeof owner | typeof closed, relation: Relation) =>
    [
      visibility.maySeeProfile(person, relation),
      visibility.mayMeet(person, relation),
      visibility.maySeeContent(person, relation),
    ].map(Number);
  expect(judged(owner, stranger)).toEqual([1, 1, 1]);
  expect(judged(hidden, stranger)).toEqual([1, 1, 0]);
  expect(judged(hidden, as('requested', 'followedBy'))).toEqual([1, 1, 0]);
  expect(judged(hidden, as('following'))).toEqual([1, 1, 1]);
  expect(judged(hidden, as('self'))).toEqual([1, 1, 1]);
  expect(judged(owner, as('blocking'))).toEqual([1, 0, 0]);
  expect(judged(owner, as('blockedBy', 'following'))).toEqual([0, 0, 0]);
  expect(judged(closed, as('following'))).toEqual([0, 0, 0]);
  expect(judged(closed, as('self'))).toEqual([0, 0, 0]);
});

test('a post that is not published, or archived, is its author’s alone; explore shows neither own nor followed ones', () => {
  const post = { author_id: '1', state: 'published', archived: false };
  const others = [post, { ...post, archived: true }, { ...post, state: 'publishing' }];
  expect(others.map((one) => visibility.maySeePost(one, owner, stranger))).toEqual([true, false, false]);
  expect(others.map((one) => visibility.maySeePost(one, owner, as('self')))).toEqual([true, true, true]);
  const explored = [stranger, as('following'), as('muting'), as('self')];
  expect(explored.map((one) => visibility.mayExplore(post, owner, one))).toEqual([true, false, false, false]);
  expect(visibility.mayExplore(post, hidden, as('following'))).toBe(false);
});
