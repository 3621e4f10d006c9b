import { setTimeout as sleep } from 'node:timers/promises';
import request, { type Response, type Test } from 'supertest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { refused } from '../harness/answers.js';
import type { Application } from '../harness/application.js';
import { patient } from '../harness/pace.js';
import { PASSWORD, signUp, type Person } from '../harness/people.js';
import { drawn } from '../harness/pictures.js';
import { untilQuiet } from '../harness/quiet.js';
import {
  applicationsOn,
  askOnce,
  migrate,
  mortalPostgres,
  mortalRedis,
  mortalReplica,
  replicating,
  type MortalServer,
} from '../servers/mortal-servers.js';

let primary: MortalServer;
let replica: MortalServer;
let redis: MortalServer;
let applications: Awaited<ReturnType<typeof applicationsOn>>;
/** The api on the replica, with an empty Redis. */
let heir: Application;
let heirsRedis: MortalServer;

beforeAll(async () => {
  [primary, redis, heirsRedis] = await Promise.all([
    mortalPostgres('lost', replicating),
    mortalRedis('lost'),
    mortalRedis('promoted'),
  ]);
  migrate(primary);
  replica = await mortalReplica('promoted', { name: 'lost', url: primary.operatorUrl });
  applications = await applicationsOn('promotion', { databaseUrl: primary.url, redisUrl: redis.url });
  heir = await applications.another('api', {
    env: { DATABASE_URL: replica.url, REDIS_URL: heirsRedis.url },
  });
});
afterAll(async () => {
  await Promise.all([heir?.stop(), applications?.api.stop(), applications?.worker.stop()]);
  await Promise.all([primary, replica, redis, heirsRedis].map((server) => server?.stop()));
});

/** Whether the replica has received, or has replayed, everything that the primary has written so far. */
async function hasAll(what: 'receive' | 'replay'): Promise<boolean> {
  const [{ at } = { at: '0/0' }] = await askOnce<{ at: string }>(
    primary.operatorUrl,
    'SELECT pg_current_wal_flush_lsn()::text AS at',
  );
  const [{ is } = { is: false }] = await askOnce<{ is: boolean }>(
    replica.operatorUrl,
    `SELECT pg_last_wal_${what}_lsn() >= '${at}' AS is`,
  );
  return is;
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + patient(30_000); !(await holds()); await sleep(50))
    if (Date.now() > deadline) throw new Error(`expected that ${what}`);
}

/** From now on the replica receives writes but does not show them. */
async function stopReplay(): Promise<void> {
  await until('the replica has everything', () => hasAll('replay'));
  await askOnce(replica.operatorUrl, 'SELECT pg_wal_replay_pause()');
  await until('it replays nothing', async () => {
    const [{ state } = { state: '' }] = await askOnce<{ state: string }>(
      replica.operatorUrl,
      'SELECT pg_get_wal_replay_pause_state() AS state',
    );
    return state === 'paused';
  });
}

type Act = (at: Application) => Test;

const by =
  (person: Person) =>
  (method: 'get' | 'post' | 'put' | 'patch' | 'delete', path: string, body?: object): Act =>
  (at) => {
    const asked = request(at.url)[method](path).set('Authorization', `Bearer ${person.session.accessToken}`);
    return body ? asked.send(body) : asked;
  };

/** The replica knows Ada, Grace and Mary, who gets a follow request, but nothing later. */
async function known(): Promise<[Person, Person, Person]> {
  const [ada, grace, mary] = await Promise.all([
    signUp(applications.api, 'ada'),
    signUp(applications.api, 'grace'),
    signUp(applications.api, 'mary'),
  ]);
  await mary.request('patch', '/v1/me', { private: true }).expect(200);
  return [ada, grace, mary];
}

/** Writes about things that the replica does not show yet, one of each kind. */
async function writes([ada, grace, mary]: [Person, Person, Person]): Promise<Record<string, Act>> {
  const linus = await signUp(applications.api, 'linus');
  const [posted, unposted, picture] = await Promise.all(
    [1, 2, 3].map(async (seed) => ada.upload(await drawn({ seed }))),
  );
  const post = await ada.post(posted ? [posted] : []);
  const comment = await ada.comment(post, 'Fog');
  const own = await grace.comment(post, 'Rain');
  const collection = await grace.request('post', '/v1/me/collections', { name: 'Weather' }).expect(201);
  const { id: weather } = collection.body as { id: string };
  await ada.follow(mary);
  const [adas, graces, marys] = [by(ada), by(grace), by(mary)];
  return {
    'reading oneself': by(linus)('get', '/v1/me'),
    'signing in': (at) => request(at.url).post('/v1/sessions').send({ login: 'linus', password: PASSWORD }),
    like: graces('put', `/v1/posts/${post.id}/like`),
    save: graces('put', `/v1/posts/${post.id}/save`),
    comment: graces('post', `/v1/posts/${post.id}/comments`, { text: 'Snow' }),
    reply: graces('post', `/v1/posts/${post.id}/comments`, { text: 'Indeed', replyTo: comment.id }),
    'liking a comment': graces('put', `/v1/comments/${comment.id}/like`),
    'deleting a comment': graces('delete', `/v1/comments/${own.id}`),
    'filling a collection': graces('put', `/v1/me/collections/${weather}/posts/${post.id}`),
    'naming a collection': graces('patch', `/v1/me/collections/${weather}`, { name: 'Clouds' }),
    follow: graces('put', `/v1/users/${linus.id}/follow`),
    mute: graces('put', `/v1/users/${linus.id}/mute`),
    block: graces('put', `/v1/users/${linus.id}/block`),
    'letting a follower in': marys('put', `/v1/follow-requests/${ada.id}`),
    'dismissing a suggestion': adas('delete', `/v1/suggestions/${linus.id}`),
    'editing a post': adas('patch', `/v1/posts/${post.id}`, { caption: 'Fog' }),
    'archiving a post': adas('put', `/v1/posts/${post.id}/archive`),
    'describing a photo': adas('patch', `/v1/photos/${posted?.id}`, { altText: 'Fog' }),
    post: adas('post', '/v1/posts', { photoIds: [unposted?.id] }),
    'a picture of oneself': adas('put', '/v1/me/avatar', { photoId: picture?.id }),
    'a name': adas('patch', '/v1/me', { displayName: 'Ada' }),
  };
}

/** The responses in order: some acts prevent later ones. */
async function answers(acts: Record<string, Act>): Promise<Map<string, Response>> {
  const found = new Map<string, Response>();
  for (const [name, act] of Object.entries(acts)) found.set(name, await act(heir));
  return found;
}

test('a replica that has not replayed everything refuses what it cannot know by 503 and nothing for good, and carries it out when it leads', async () => {
  const people = await known();
  await stopReplay();
  const acts = await writes(people);
  await untilQuiet(applications.worker.metricsUrl);
  await until('the replica was sent everything', () => hasAll('receive'));
  await Promise.all([applications.api.kill(), applications.worker.kill()]);
  await primary.kill();
  await heir.start('/health/live');

  const early = await answers(acts);
  expect(Object.fromEntries([...early].map(([name, { status }]) => [name, status]))).toEqual(
    Object.fromEntries(Object.keys(acts).map((name) => [name, 503])),
  );
  for (const answer of early.values()) {
    refused(answer, 503, 'unavailable');
    expect(answer.headers['retry-after']).toMatch(/^\d+$/);
  }

  await askOnce(replica.operatorUrl, 'SELECT pg_wal_replay_resume()');
  await askOnce(replica.operatorUrl, 'SELECT pg_promote(true, 60)');
  await until('it leads', () => heir.isReady());
  const done = await answers(acts);
  const undone = [...done].filter(([, { status }]) => status >= 300);
  expect(undone.map(([name, { status, text }]) => `${name}: ${status} ${text}`)).toEqual([]);
  expect(heir.log()).not.toContain('a request failed unforeseen');
});
