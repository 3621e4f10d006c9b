import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Page, Photo, Post } from '../harness/contract.js';
import { fuzzSeed } from '../harness/env.js';
import { fuzzRequests, operations, type FuzzRequest } from '../harness/fuzz-requests.js';
import type { Targets } from '../harness/fuzz-values.js';
import { asCurl, judge } from '../harness/fuzz-send.js';
import { patient } from '../harness/pace.js';
import { signUp, type Person } from '../harness/people.js';
import { drawn } from '../harness/pictures.js';
import { copyOf } from '../harness/ready-photos.js';
import { startStack, type Stack } from '../harness/stack.js';
import { create } from '../harness/tus.js';

const REQUESTS = 20_000;
/** Requests under way at once. */
const LANES = 12;
/** Drawn together, so that not all are in memory. */
const BLOCK = 1_000;
/** Different faults that are made short and told. */
const TOLD = 8;

let stack: Stack;
let targets: Targets;

beforeAll(async () => {
  stack = await startStack();
  targets = await targetsOf(stack);
}, patient(120_000));
afterAll(() => stack.stop());

async function thingsOf(person: Person, photo: Photo): Promise<Record<string, string>> {
  const post = await person.post([await copyOf(stack, photo, person)], {
    caption: 'At the #sea',
    place: { name: 'The beach' },
  });
  const comment = await person.comment(post, 'A word');
  const made = await person.request('post', '/v1/me/collections', { name: 'The sea' }).expect(201);
  const free = await copyOf(stack, photo, person);
  const collection = (made.body as { id: string }).id;
  return {
    users: person.id,
    posts: post.id,
    comments: comment.id,
    photos: free.id,
    collections: collection,
    code: post.code,
  };
}

/** Ada's followers and their things; Heidi is blocked by her, Ivan is private, Judy an admin. */
async function targetsOf(stack: Stack): Promise<Targets> {
  const people = await Promise.all(
    ['ada', 'grace', 'heidi', 'ivan', 'judy'].map((name) => signUp(stack, name)),
  );
  const doomed = await Promise.all(Array.from({ length: 12 }, (_, index) => signUp(stack, `doomed${index}`)));
  const [ada, grace, heidi, ivan, judy] = people as [Person, Person, Person, Person, Person];
  const picture = await drawn({ width: 48, height: 32 });
  const photo = await ada.upload(picture);
  const things = await Promise.all([...people, ...doomed].map((person) => thingsOf(person, photo)));
  await grace.follow(ada);
  await grace.follow(ivan);
  await ada.request('put', `/v1/users/${heidi.id}/block`).expect(200);
  await ivan.request('patch', '/v1/me', { private: true }).expect(200);
  await stack.database.query(`UPDATE users SET role = 'admin' WHERE id = $1`, [judy.id]);
  await stack.quiet();
  const begun = await create(grace, 9).expect(201);
  const upload = new URL(String(begun.headers['location']), stack.url);
  const media = new URL(photo.renditions?.w320.url ?? '');
  const [, , fan = '', folder = '', file = ''] = media.pathname.split('/');
  const pages = [
    '/v1/tags/sea/posts',
    `/v1/users/${ada.id}/posts`,
    '/v1/feed',
    '/v1/me/liked',
    '/v1/sessions',
  ];
  const lists = await Promise.all(pages.map((path) => grace.request('get', `${path}?limit=1`)));
  const cursors = lists.flatMap(({ body }) => (body as Page<Post>).nextCursor ?? []);
  const each = (name: string) => things.map((thing) => thing[name] ?? '');
  const kinds = ['users', 'posts', 'comments', 'photos', 'collections'];
  const sessions = doomed.map(({ session }) => session.id);
  const uploads = [upload.pathname.split('/').at(-1) ?? ''];
  const query = Object.fromEntries([...media.searchParams].map(([name, value]) => [name, [value]]));
  return {
    tokens: people.map(({ session }) => session.accessToken),
    doomed: doomed.map(({ session }) => session.accessToken),
    ids: [...kinds.flatMap(each), ...sessions, ...uploads, '1'],
    picture: picture.bytes,
    words: {
      ...query,
      s: [...(query['s'] ?? []), ...upload.searchParams.values()],
      fan: [fan],
      folder: [folder],
      file: [file],
      cursor: cursors,
      newer: cursors,
      ...Object.fromEntries(kinds.map((kind) => [kind, each(kind)])),
      'follow-requests': each('users'),
      followers: each('users'),
      suggestions: each('users'),
      photoIds: each('photos'),
      photoId: each('photos'),
      replyTo: each('comments'),
      ids: [[...each('posts'), ...each('photos')].join(',')],
      code: each('code'),
      sessions,
      uploads,
      username: people.map(({ user }) => user.username),
      login: doomed.map(({ user }) => user.username),
      refreshToken: doomed.map(({ session }) => session.refreshToken),
      tag: ['sea'],
      place: ['the beach'],
      q: ['ada', 'sea'],
    },
  };
}

interface Found {
  seed: number;
  path: string;
  sent: FuzzRequest;
  fault: string;
}

/** A name for faults that are the same. */
const kindOf = ({ sent, fault }: Found): string =>
  `${sent.method} ${sent.operation}: ${fault.split('\n')[0]}`;

/** The first fault of each kind, and which operations were answered `well`, of requests that several clients send at once. */
async function faultsOf(
  requests: fc.Arbitrary<FuzzRequest>,
  seed: number,
  well: Set<string>,
): Promise<Map<string, Found>> {
  const found = new Map<string, Found>();
  for (let first = 0; first < REQUESTS; first += BLOCK) {
    const block = { seed: seed + first, numRuns: BLOCK };
    const drawn = fc.sample(requests, block).entries();
    const lane = async (): Promise<void> => {
      for (const [run, sent] of drawn) {
        const { status, fault } = await judge(stack.url, sent);
        if (status >= 200 && status < 400) well.add(`${sent.method} ${sent.operation}`);
        const one = fault && { seed: block.seed, path: String(run), sent, fault };
        if (one && !found.has(kindOf(one))) found.set(kindOf(one), one);
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
  }
  return found;
}

/** The shortest request with the same fault, by itself: what it needed of the others' may be gone. */
async function shortened(requests: fc.Arbitrary<FuzzRequest>, one: Found): Promise<string> {
  let shortest = one.sent;
  const property = fc.asyncProperty(requests, async (sent) => {
    const { fault } = await judge(stack.url, sent);
    if (fault === undefined || kindOf({ ...one, sent, fault }) !== kindOf(one)) return;
    shortest = sent;
    throw new Error(fault);
  });
  const { failed } = await fc.check(property, { seed: one.seed, path: one.path, numRuns: 1 });
  return `${one.fault}${failed ? '' : '\n(not when it was sent again)'}\n${asCurl(stack.url, shortest)}`;
}

test(
  'requests of every kind, made from openapi.json, are answered as it says',
  async () => {
    const seed = fuzzSeed();
    console.log(`the fuzzer: seed ${seed}; FUZZ_SEED=${seed} sends the same requests`);
    const requests = fuzzRequests(targets);
    const { pid } = stack.api;
    const well = new Set<string>();
    const began = performance.now();
    const found = await faultsOf(requests, seed, well);
    console.log(`the fuzzer: ${REQUESTS} requests in ${Math.round((performance.now() - began) / 1_000)} s`);
    const told: string[] = [];
    for (const one of [...found.values()].slice(0, TOLD)) told.push(await shortened(requests, one));
    expect(told.join('\n\n'), `${found.size} faults: ${[...found.keys()].join('\n')}`).toBe('');
    // Requests that are all refused would test only the refusals.
    const never = operations.filter((name) => !well.has(name));
    console.log(`the fuzzer: only refusals of ${never.join(', ')}`);
    expect(never.length).toBeLessThan(operations.length / 6);
    expect(await stack.api.isReady()).toBe(true);
    expect(stack.api.pid).toBe(pid);
  },
  patient(240_000),
);
