import type { CopyRows } from './copy-rows.ts';
import { EPOCH } from './ids.ts';
import { nameOf } from './names.ts';
import { at, blocker, celebrity, requester } from './entities.ts';
import type { Dataset } from './dataset.ts';
import { mixed, scattered, type Pairs } from './chance.ts';

/** How one table is filled: its columns, and a row for each of `count` numbers; null skips a number. */
export interface Fill {
  table: string;
  columns: readonly string[];
  count: (dataset: Dataset) => number;
  row: (rows: CopyRows, number: number, dataset: Dataset) => void;
}

export const putUser = (rows: CopyRows, dataset: Dataset, user: number): CopyRows =>
  rows.int8(dataset.ids('user').high(user), dataset.ids('user').low(user, at(dataset.userShard, user)));

export const putPost = (rows: CopyRows, dataset: Dataset, post: number): CopyRows =>
  rows.int8(dataset.ids('post').high(post), dataset.ids('post').low(post, dataset.postShard(post)));

const users: Fill = {
  table: 'users',
  columns:
    'shard id username display_name bio email password_hash private avatar_folder posts_count followers_count following_count audience created_at role'.split(
      ' ',
    ),
  count: (dataset) => dataset.users,
  row: (rows, user, dataset) => {
    const { username, displayName } = nameOf(user);
    rows.row(15).int2(at(dataset.userShard, user));
    putUser(rows, dataset, user)
      .text(username)
      .text(displayName)
      .text(user % 3 === 0 ? 'Photographs, mostly of where I happen to be.' : '')
      .text(`${username}@example.org`)
      .text('')
      .flag(dataset.private[user] === 1)
      .text(`${mixed(user, 51).toString(36)}/${mixed(user, 52).toString(36)}`)
      .int4(at(dataset.postsOf, user))
      .int4(at(dataset.followersOf, user))
      .int4(at(dataset.followingOf, user))
      .int2(dataset.audienceOf(user))
      .time(dataset.ids('user').time(user))
      .text(user === blocker ? 'admin' : 'person');
  },
};

const usernames: Fill = {
  table: 'usernames',
  columns: ['username', 'user_id'],
  count: (dataset) => dataset.users,
  row: (rows, user, dataset) => putUser(rows.row(2).text(nameOf(user).username), dataset, user),
};

const sessions: Fill = {
  table: 'sessions',
  columns: ['shard', 'id', 'user_id', 'user_agent'],
  count: (dataset) => dataset.sessions,
  row: (rows, session, dataset) => {
    const owner = dataset.sessionOwner(session);
    const shard = at(dataset.userShard, owner);
    const ids = dataset.ids('session');
    rows.row(4).int2(shard).int8(ids.high(session), ids.low(session, shard));
    putUser(rows, dataset, owner).text('Narwhal/1.0 (bench)');
  },
};

/** One event of everybody, and as many more of the celebrity. */
const auditEvents: Fill = {
  table: 'audit_events',
  columns: ['shard', 'id', 'user_id', 'actor_id', 'kind', 'happened_at'],
  count: (dataset) => dataset.users * 2,
  row: (rows, event, dataset) => {
    const person = event % 2 === 0 ? event / 2 : celebrity;
    const shard = at(dataset.userShard, person);
    const ids = dataset.ids('event');
    rows.row(6).int2(shard).int8(ids.high(event), ids.low(event, shard));
    putUser(rows, dataset, person);
    putUser(rows, dataset, person).text('session.began').time(ids.time(event));
  },
};

/** One of everybody, and as many more of the celebrity. */
const invitations: Fill = {
  table: 'invitations',
  columns: ['shard', 'id', 'inviter_id', 'uses', 'uses_left', 'expires_at'],
  count: (dataset) => dataset.users * 2,
  row: (rows, invitation, dataset) => {
    const person = invitation % 2 === 0 ? invitation / 2 : celebrity;
    const shard = at(dataset.userShard, person);
    const ids = dataset.ids('invitation');
    rows.row(6).int2(shard).int8(ids.high(invitation), ids.low(invitation, shard));
    putUser(rows, dataset, person).int2(1).int2(1).time(Date.now());
  },
};

/** As many wait as there are people. */
const registrations: Fill = {
  table: 'registrations',
  columns: ['shard', 'id', 'username', 'email', 'password_hash', 'locale'],
  count: (dataset) => dataset.users,
  row: (rows, number, dataset) => {
    const shard = at(dataset.userShard, number);
    const ids = dataset.ids('registration');
    rows.row(6).int2(shard).int8(ids.high(number), ids.low(number, shard));
    rows.text(`waits${number}`).text(`waits${number}@example.org`).text('').text('en');
  },
};

/** A relation as stored at one of its two ends: it lies on the shard of `owner`. */
function relation(
  table: string,
  columns: readonly [owner: string, subject: string],
  options: {
    pairs: (dataset: Dataset) => Pairs;
    kind: 'follow' | 'follower' | 'block' | 'blockedBy' | 'mute';
    reversed?: boolean;
    accepted?: boolean;
  },
): Fill {
  const { pairs, kind, reversed = false, accepted = false } = options;
  return {
    table,
    columns: ['shard', ...columns, 'id', ...(accepted ? ['accepted'] : [])],
    count: (dataset) => pairs(dataset).count,
    row: (rows, number, dataset) => {
      const { one, other } = pairs(dataset);
      const owner = at(reversed ? other : one, number);
      const subject = at(reversed ? one : other, number);
      const shard = at(dataset.userShard, owner);
      const ids = dataset.ids(kind);
      putUser(rows.row(accepted ? 5 : 4).int2(shard), dataset, owner);
      putUser(rows, dataset, subject).int8(ids.high(number), ids.low(number, shard));
      if (accepted) rows.flag(dataset.accepted(number));
    },
  };
}

const suggesting = (dataset: Dataset): number => Math.ceil(dataset.users / 50);
const EACH = 100;
/** Suggestions were requested just now, so that reading them enqueues no work. */
const readers = new Set([celebrity, blocker, requester]);

const suggestions: Fill = {
  table: 'suggestions',
  columns: ['shard', 'user_id', 'suggested_id', 'id', 'common'],
  count: (dataset) => suggesting(dataset) * EACH,
  row: (rows, number, dataset) => {
    const user = Math.floor(number / EACH);
    const shard = at(dataset.userShard, user);
    const ids = dataset.ids('suggestion');
    putUser(rows.row(5).int2(shard), dataset, user);
    putUser(rows, dataset, scattered(number, dataset.users))
      .int8(ids.high(number), ids.low(number, shard))
      .int2((number % EACH) >> 3);
  },
};

const suggestionStates: Fill = {
  table: 'suggestion_states',
  columns: ['shard', 'user_id', 'asked_at'],
  count: suggesting,
  row: (rows, user, dataset) =>
    putUser(rows.row(3).int2(at(dataset.userShard, user)), dataset, user).time(
      readers.has(user) ? Date.now() : EPOCH,
    ),
};

const popularPeople: Fill = {
  table: 'popular_people',
  columns: ['shard', 'user_id', 'followers'],
  count: (dataset) => Math.min(1_000, dataset.users),
  row: (rows, user, dataset) =>
    putUser(rows.row(3).int2(at(dataset.userShard, user)), dataset, user).int4(at(dataset.followersOf, user)),
};

export const peopleFills: readonly Fill[] = [
  relation('follows', ['follower_id', 'followee_id'], {
    pairs: (dataset) => dataset.follows,
    kind: 'follow',
    accepted: true,
  }),
  relation('followers', ['followee_id', 'follower_id'], {
    pairs: (dataset) => dataset.follows,
    kind: 'follower',
    reversed: true,
    accepted: true,
  }),
  relation('blocks', ['blocker_id', 'blocked_id'], { pairs: (dataset) => dataset.blocks, kind: 'block' }),
  relation('blocked_by', ['blocked_id', 'blocker_id'], {
    pairs: (dataset) => dataset.blocks,
    kind: 'blockedBy',
    reversed: true,
  }),
  relation('mutes', ['muter_id', 'muted_id'], { pairs: (dataset) => dataset.mutes, kind: 'mute' }),
  sessions,
  auditEvents,
  invitations,
  registrations,
  suggestions,
  suggestionStates,
  popularPeople,
  usernames,
  users,
];
