import type { CopyRows } from './copy-rows.ts';
import { EPOCH } from './ids.ts';
import { nameOf } from './names.ts';
import { at, blocker, celebrity, requester } from './cast.ts';
import type { World } from './world.ts';
import { mixed, scattered, type Pairs } from './chance.ts';

/** How one table is filled: its columns, and a row for each of `count` numbers; null skips a number. */
export interface Fill {
  table: string;
  columns: readonly string[];
  count: (world: World) => number;
  row: (rows: CopyRows, number: number, world: World) => void;
}

export const putUser = (rows: CopyRows, world: World, user: number): CopyRows =>
  rows.int8(world.ids('user').high(user), world.ids('user').low(user, at(world.userShard, user)));

export const putPost = (rows: CopyRows, world: World, post: number): CopyRows =>
  rows.int8(world.ids('post').high(post), world.ids('post').low(post, world.postShard(post)));

const users: Fill = {
  table: 'users',
  columns: [
    'shard',
    'id',
    'username',
    'display_name',
    'bio',
    'email',
    'password_hash',
    'private',
    'avatar_folder',
    'posts_count',
    'followers_count',
    'following_count',
    'audience',
    'created_at',
  ],
  count: (world) => world.users,
  row: (rows, user, world) => {
    const { username, displayName } = nameOf(user);
    rows.row(14).int2(at(world.userShard, user));
    putUser(rows, world, user)
      .text(username)
      .text(displayName)
      .text(user % 3 === 0 ? 'Photographs, mostly of where I happen to be.' : '')
      .text(`${username}@example.org`)
      .text('')
      .flag(world.private[user] === 1)
      .text(`${mixed(user, 51).toString(36)}/${mixed(user, 52).toString(36)}`)
      .int4(at(world.postsOf, user))
      .int4(at(world.followersOf, user))
      .int4(at(world.followingOf, user))
      .int2(world.audienceOf(user))
      .time(world.ids('user').time(user));
  },
};

const usernames: Fill = {
  table: 'usernames',
  columns: ['username', 'user_id'],
  count: (world) => world.users,
  row: (rows, user, world) => putUser(rows.row(2).text(nameOf(user).username), world, user),
};

const sessions: Fill = {
  table: 'sessions',
  columns: ['shard', 'id', 'user_id', 'user_agent'],
  count: (world) => world.sessions,
  row: (rows, session, world) => {
    const owner = world.sessionOwner(session);
    const shard = at(world.userShard, owner);
    const ids = world.ids('session');
    rows.row(4).int2(shard).int8(ids.high(session), ids.low(session, shard));
    putUser(rows, world, owner).text('Narwhal/1.0 (bench)');
  },
};

/** A relation as stored at one of its two ends: it lies on the shard of `owner`. */
function relation(
  table: string,
  columns: readonly [owner: string, subject: string],
  options: {
    pairs: (world: World) => Pairs;
    kind: 'follow' | 'follower' | 'block' | 'blockedBy' | 'mute';
    reversed?: boolean;
    accepted?: boolean;
  },
): Fill {
  const { pairs, kind, reversed = false, accepted = false } = options;
  return {
    table,
    columns: ['shard', ...columns, 'id', ...(accepted ? ['accepted'] : [])],
    count: (world) => pairs(world).count,
    row: (rows, number, world) => {
      const { one, other } = pairs(world);
      const owner = at(reversed ? other : one, number);
      const subject = at(reversed ? one : other, number);
      const shard = at(world.userShard, owner);
      const ids = world.ids(kind);
      putUser(rows.row(accepted ? 5 : 4).int2(shard), world, owner);
      putUser(rows, world, subject).int8(ids.high(number), ids.low(number, shard));
      if (accepted) rows.flag(world.accepted(number));
    },
  };
}

const suggesting = (world: World): number => Math.ceil(world.users / 50);
const EACH = 100;
/** Suggestions were requested just now, so that reading them enqueues no work. */
const readers = new Set([celebrity, blocker, requester]);

const suggestions: Fill = {
  table: 'suggestions',
  columns: ['shard', 'user_id', 'suggested_id', 'id', 'common'],
  count: (world) => suggesting(world) * EACH,
  row: (rows, number, world) => {
    const user = Math.floor(number / EACH);
    const shard = at(world.userShard, user);
    const ids = world.ids('suggestion');
    putUser(rows.row(5).int2(shard), world, user);
    putUser(rows, world, scattered(number, world.users))
      .int8(ids.high(number), ids.low(number, shard))
      .int2((number % EACH) >> 3);
  },
};

const suggestionStates: Fill = {
  table: 'suggestion_states',
  columns: ['shard', 'user_id', 'asked_at'],
  count: suggesting,
  row: (rows, user, world) =>
    putUser(rows.row(3).int2(at(world.userShard, user)), world, user).time(
      readers.has(user) ? Date.now() : EPOCH,
    ),
};

const popularPeople: Fill = {
  table: 'popular_people',
  columns: ['shard', 'user_id', 'followers'],
  count: (world) => Math.min(1_000, world.users),
  row: (rows, user, world) =>
    putUser(rows.row(3).int2(at(world.userShard, user)), world, user).int4(at(world.followersOf, user)),
};

export const peopleFills: readonly Fill[] = [
  relation('follows', ['follower_id', 'followee_id'], {
    pairs: (world) => world.follows,
    kind: 'follow',
    accepted: true,
  }),
  relation('followers', ['followee_id', 'follower_id'], {
    pairs: (world) => world.follows,
    kind: 'follower',
    reversed: true,
    accepted: true,
  }),
  relation('blocks', ['blocker_id', 'blocked_id'], { pairs: (world) => world.blocks, kind: 'block' }),
  relation('blocked_by', ['blocked_id', 'blocker_id'], {
    pairs: (world) => world.blocks,
    kind: 'blockedBy',
    reversed: true,
  }),
  relation('mutes', ['muter_id', 'muted_id'], { pairs: (world) => world.mutes, kind: 'mute' }),
  sessions,
  suggestions,
  suggestionStates,
  popularPeople,
  usernames,
  users,
];
