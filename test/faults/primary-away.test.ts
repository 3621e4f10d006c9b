import { Redis } from 'ioredis';
import request, { type Response } from 'supertest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { refused } from '../harness/answers.js';
import type { Post } from '../harness/contract.js';
import { patient } from '../harness/pace.js';
import { PASSWORD, signIn, signUp, type Person } from '../harness/people.js';
import { drawn } from '../harness/pictures.js';
import { freeze } from '../harness/process-tree.js';
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
let ada: Person;
let grace: Person;
let post: Post;

/** A write is confirmed once the replica has it. */
async function makeSynchronous(): Promise<void> {
  await askOnce(primary.operatorUrl, "ALTER SYSTEM SET synchronous_standby_names = '*'");
  await askOnce(primary.operatorUrl, 'SELECT pg_reload_conf()');
}

beforeAll(async () => {
  [primary, redis] = await Promise.all([mortalPostgres('away', replicating), mortalRedis('away')]);
  migrate(primary);
  replica = await mortalReplica('reading', { name: 'away', url: primary.operatorUrl });
  await makeSynchronous();
  applications = await applicationsOn('away', { databaseUrl: primary.url, redisUrl: redis.url });
  await applications.api.stop();
  const env = { DATABASE_REPLICA_URL: replica.url };
  applications.api = await applications.another('api', { env });
  await applications.api.start();
  [ada, grace] = await Promise.all([signUp(applications.api, 'ada'), signUp(applications.api, 'grace')]);
  await grace.follow(ada);
  post = await ada.post([await ada.upload(await drawn())], { caption: 'Fog' });
  await grace.comment(post, 'Rain');
  await untilQuiet(applications.worker.metricsUrl);
});
afterAll(async () => {
  await Promise.all([applications?.api.stop(), applications?.worker.stop()]);
  await Promise.all([primary, replica, redis].map((server) => server?.stop()));
});

async function inRedis<Result>(work: (client: Redis) => Promise<Result>): Promise<Result> {
  const client = new Redis(redis.operatorUrl);
  return work(client).finally(() => client.disconnect());
}

/** Nobody's session, feed or counts are cached: PostgreSQL has to answer. */
const emptyRedis = () => inRedis((client) => client.flushall());

/** What of PostgreSQL's answers is cached; unfinished loads are not. */
const cached = () =>
  inRedis(async (client) => {
    const names = await client.keys('*');
    return names.filter((name) => /:(session|relations|liked|saved):/.test(name));
  });

const staleness = (answer: Response) =>
  `${answer.status} ${/^[1-9]\d*$/.test(answer.headers['narwhal-stale'] as string)} ${answer.headers['cache-control'] as string} ${answer.headers['etag'] as string}`;
const STALE = 'true no-store undefined';

/** Each returns what ends it. */
const faults: Record<string, () => Promise<() => Promise<unknown>>> = {
  'is killed': async () => {
    await primary.kill();
    return () => primary.start();
  },
  hangs: async () => {
    const { thaw } = freeze(primary.pids);
    return async () => thaw();
  },
};

test.each(Object.entries(faults))(
  'while the primary %s the replica answers reads, and everything else is refused',
  async (name, fault) => {
    const nobody = await signUp(applications.api, `mary_${name.replace(/\W/g, '_')}`);
    const old = await signIn(applications.api, nobody.user.username);
    await old.request('delete', `/v1/sessions/${old.session.id}`).expect(204);
    await ada.request('put', `/v1/users/${nobody.id}/block`).expect(200);
    await untilQuiet(applications.worker.metricsUrl);
    await emptyRedis();
    const mend = await fault();

    const reads = [
      '/v1/me',
      '/v1/feed',
      `/v1/posts/${post.id}`,
      `/v1/posts/${post.id}/comments`,
      `/v1/users/${ada.id}`,
      `/v1/users/${ada.id}/posts`,
      '/v1/notifications',
      '/v1/search?q=ada&type=users',
    ];
    const answers = await Promise.all(reads.map((path) => grace.request('get', path)));
    expect(answers.map((answer, index) => `${reads[index]}: ${staleness(answer)}`)).toEqual(
      reads.map((path) => `${path}: 200 ${STALE}`),
    );
    const feed = await grace.feed();
    expect(feed.items.map(({ id }) => id)).toEqual([post.id]);

    const absent = await grace.request('get', `/v1/posts/${ada.id}`);
    refused(absent, 404, 'not_found');
    refused(await nobody.request('get', `/v1/users/${ada.id}/posts`), 404, 'not_found');
    refused(await nobody.request('get', `/v1/posts/${post.id}`), 404, 'not_found');
    refused(await old.request('get', '/v1/me'), 401, 'session_ended');

    const writes = await Promise.all([
      grace.request('put', `/v1/posts/${post.id}/like`),
      grace.request('post', `/v1/posts/${post.id}/comments`, { text: 'Snow' }),
      grace.request('patch', '/v1/me', { displayName: 'Grace' }),
      request(applications.api.url).post('/v1/sessions').send({ login: 'grace', password: PASSWORD }),
      request(applications.api.url)
        .post('/v1/sessions/refresh')
        .send({ refreshToken: grace.session.refreshToken }),
      grace.request('get', '/admin/health'),
    ]);
    for (const answer of writes) {
      refused(answer, 503, 'unavailable');
      expect(answer.headers['retry-after']).toMatch(/^\d+$/);
      expect(answer.headers['narwhal-stale']).toBeUndefined();
    }
    expect(await cached()).toEqual([]);

    await mend();
    await expect
      .poll(() => grace.request('put', `/v1/posts/${post.id}/like`).then(({ status }) => status), {
        timeout: patient(60_000),
      })
      .toBe(200);
    const again = await grace.request('get', '/v1/feed').expect(200);
    expect(again.headers['narwhal-stale']).toBeUndefined();
    expect(again.headers['etag']).toBeDefined();
    expect(await cached()).not.toEqual([]);
    expect(applications.api.log()).not.toContain('a request failed unforeseen');
  },
);

test('a replica that has not replayed everything does not answer', async () => {
  await askOnce(replica.operatorUrl, 'SELECT pg_wal_replay_pause()');
  await ada.request('put', `/v1/users/${grace.id}/block`).expect(200);
  await emptyRedis();
  await primary.kill();
  refused(await grace.request('get', `/v1/posts/${post.id}`), 503, 'unavailable');
  await askOnce(replica.operatorUrl, 'SELECT pg_wal_replay_resume()');
  await expect
    .poll(() => grace.request('get', `/v1/posts/${post.id}`).then(({ status }) => status), {
      timeout: patient(30_000),
    })
    .toBe(404);
});
