import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Page, Post } from '../harness/contract.js';
import { crowd, inTurns } from '../harness/crowd.js';
import { Load } from '../harness/load.js';
import { signUp, type Person } from '../harness/people.js';
import { drawn } from '../harness/pictures.js';
import { startStack, type Stack } from '../harness/stack.js';
import { StreamClient } from '../harness/stream-client.js';
import { startRedisCluster, type RedisCluster } from '../servers/redis-cluster.js';
import { patient } from '../harness/pace.js';

vi.setConfig({ testTimeout: patient(180_000) });

const SLOTS = 16_384;

let cluster: RedisCluster;
let stack: Stack;
let authors: Person[];
let readers: Person[];
/** Each author's posts, oldest first. */
const posted = new Map<string, Post[]>();
let seed = 0;

async function post(author: Person): Promise<Post> {
  seed += 1;
  const photo = await author.upload(await drawn({ seed, width: 200, height: 150 }));
  const made = await author.post([photo]);
  posted.set(author.id, [...(posted.get(author.id) ?? []), made]);
  return made;
}

beforeAll(async () => {
  cluster = await startRedisCluster({ replicas: true });
  stack = await startStack({ env: { REDIS_URL: cluster.url } });
  authors = await Promise.all(['ada', 'grace', 'linus'].map((name) => signUp(stack, name)));
  readers = await crowd(stack, 'reader', 30);
  // Everybody follows two of the three authors.
  await inTurns(readers, 8, async (reader) => {
    for (const author of followed(reader)) await reader.follow(author);
  });
  for (const author of authors) await post(author);
  await stack.folded();
});
afterAll(async () => {
  await stack.stop();
  await cluster.stop();
});

const followed = (reader: Person): Person[] =>
  authors.filter((_, index) => index !== readers.indexOf(reader) % authors.length);

async function feedOf(reader: Person): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: Page<Post> = await reader.feed(cursor === '' ? { limit: 10 } : { limit: 10, cursor });
    ids.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
  }
  return ids;
}

const newestFirst = (ids: string[]): string[] => ids.toSorted((a, b) => (BigInt(a) < BigInt(b) ? 1 : -1));

/** Every feed, to its last page, contains exactly the posts of the reader's followed authors; every count equals its rows. */
async function expectAllRight(): Promise<void> {
  await stack.folded(60_000);
  await inTurns(readers, 8, async (reader) => {
    const expected = [...followed(reader), reader].flatMap(
      ({ id }) => posted.get(id)?.map((made) => made.id) ?? [],
    );
    // Twice: from PostgreSQL, and then from Redis.
    for (const _ of [1, 2]) expect(await feedOf(reader)).toEqual(newestFirst(expected));
  });
  for (const made of [...posted.values()].flat()) {
    const [row] = await stack.database.query<{ found: number }>(
      `SELECT count(*)::int AS found FROM post_likes WHERE post_id = $1`,
      [made.id],
    );
    expect((await authors[0]?.see(made))?.counts.likes).toBe(row?.found);
  }
}

const dead = new Set<number>();
const ports = (): number[] => (cluster.url.match(/\d+(?=,|$)/g) ?? []).map(Number);
const living = (): number[] => ports().filter((port) => !dead.has(port));

async function ask(port: number, command: string, ...args: string[]): Promise<string> {
  return String(await cluster.client(port).call(command, ...args));
}

/** The primary of the keys `{tag}`: before anything is killed. */
async function primaryOf(tag: string): Promise<number> {
  const slot = Number(await ask(living()[0] ?? 0, 'CLUSTER', 'KEYSLOT', `{${tag}}`));
  return cluster.primaries[Math.floor((slot * cluster.primaries.length) / SLOTS)] ?? 0;
}

/** The node to which the apis subscribe for streams. */
async function listenedTo(): Promise<number> {
  for (const port of living())
    if ((await ask(port, 'CLIENT', 'LIST', 'TYPE', 'pubsub')).includes('sub=')) return port;
  throw new Error('expected somebody to listen to a node, but nobody does');
}

/** Kills a node, and waits until the others have agreed on its failure, and serve every slot. */
async function lose(port: number): Promise<void> {
  dead.add(port);
  await cluster.kill(port);
  const [alive = 0] = living();
  const nodes = () => ask(alive, 'CLUSTER', 'NODES');
  const failed = async () => new RegExp(`:${port}@\\S+ \\S*fail `).test(await nodes());
  const serving = async () => (await nodes()).match(/master - \d+ \d+ \d+ connected \d/g)?.length;
  await expect.poll(failed, { timeout: patient(30_000) }).toBe(true);
  await expect.poll(serving, { timeout: patient(30_000) }).toBe(cluster.primaries.length);
  await expect
    .poll(() => ask(alive, 'CLUSTER', 'INFO'), { timeout: patient(30_000) })
    .toContain('cluster_state:ok');
}

describe('a Redis Cluster of three primaries and three replicas', () => {
  test('serves the whole stack as one server does', async () => {
    await expectAllRight();
  });

  test('loses the primary of the queues under load: feeds and counts are right afterwards', async () => {
    const load = new Load();
    const more = (count: number) =>
      expect.poll(() => load.count, { timeout: patient(30_000) }).toBeGreaterThan(load.count + count);
    const wall = authors.map((author) => posted.get(author.id)?.[0] as Post);
    const lanes = readers.slice(0, 6).map((reader, index) =>
      load.repeat(async () => {
        const liked = wall[index % wall.length] as Post;
        const verb = load.count % 2 === 0 ? 'put' : 'delete';
        await load.send(reader.request('get', '/v1/feed'));
        await load.send(reader.request(verb, `/v1/posts/${liked.id}/like`));
      }),
    );
    const writing = load.repeat(async () => void (await post(authors[seed % authors.length] as Person)));
    await more(200);
    const lost = await primaryOf('nw-jobs');
    load.mark('killed');
    await lose(lost);
    load.mark('taken over');
    await expect.poll(() => load.isSound('taken over', 50), { timeout: patient(30_000) }).toBe(true);
    load.mark('healed');
    await more(200);
    await load.stop([...lanes, writing]);
    console.log(load.report());
    expect(load.failures('killed', 'before')).toEqual([]);
    expect(load.failures('healed', 'after')).toEqual([]);
    await expectAllRight();
  });

  test('loses the node that streams listen to: they are told to read again, and what they missed resumes', async () => {
    const [reader, other] = readers as [Person, Person];
    const own = await post(reader);
    const client = await StreamClient.open(reader);
    await stack.folded(60_000);
    await lose(await listenedTo());
    await client.until(() => client.of('reset').length > 0, 30_000);
    expect(client.ended).toBe(false);
    const before = client.lastId;
    await other.like(own);
    await stack.folded(60_000);
    const resumed = await StreamClient.open(reader, { lastId: before });
    const told = await resumed.untilTold('notification');
    expect(told.data).toMatchObject({ type: 'like', count: 1, post: { id: own.id } });
    resumed.close();
    await readers[2]?.like(own);
    await client.until(() => client.of('notification').some(({ data }) => data['count'] === 2), 20_000);
    client.close();
    await expectAllRight();
  });
});
