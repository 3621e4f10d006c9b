import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Page, Post } from '../harness/contract.js';
import { fleetInstalled, hostsPossible, RunningFleet } from '../harness/fleet.js';
import { patient } from '../harness/pace.js';
import { signUp, type Person } from '../harness/people.js';
import { drawn } from '../harness/pictures.js';
import { askOnce } from '../servers/mortal-servers.js';
import { RedisWitness } from '../servers/redis-witness.js';

/** Longer than the sentinels' patience and every time-out of a client. */
const STOPPED = 25_000;
/** How often each of a read and a write is sent, in milliseconds. */
const EVERY = 100;
const RIGHT_WITHIN = 60_000;

const LIMIT = { timeout: patient(150_000) };

describe.skipIf(!fleetInstalled)('Redis fails over by itself', () => {
  let fleet: RunningFleet;
  let ada: Person;
  let grace: Person;
  let first: Post;
  let witness: RedisWitness;
  let databaseUrl: string;
  const posted: string[] = [];

  beforeAll(async () => {
    const sizes = ['--haproxy', '1', '--nginx', '1', '--api', '2', '--worker', '1'];
    fleet = await RunningFleet.start('--sentinels', ...sizes, ...(hostsPossible ? ['--hosts'] : []));
    const net = `${hostsPossible ? 10 : 127}.${fleet.net}.0`;
    const secret = (of: string) => readFileSync(join(fleet.data, 'secrets', of), 'utf8').trim();
    databaseUrl = `postgres://narwhal:${secret('postgres')}@${net}.61:5432/narwhal`;
    const sentinels = [71, 72, 73].map((last) => ({ host: `${net}.${last}`, port: 26_379 }));
    const password = secret('redis');
    witness = new RedisWitness({ sentinels, name: 'narwhal', password, sentinelPassword: password });
    const server = { url: `http://${net}.21:8080` };
    [ada, grace] = [await signUp(server, 'ada'), await signUp(server, 'grace')];
    await grace.follow(ada);
    first = await share();
  });
  afterAll(async () => {
    await witness?.end();
    await fleet?.stop();
  });

  async function share(): Promise<Post> {
    const photo = await ada.upload(await drawn({ seed: posted.length + 1, width: 200, height: 150 }));
    const post = await ada.post([photo]);
    posted.unshift(post.id);
    return post;
  }

  async function primary(): Promise<string> {
    const rows = await fleet.rows();
    return rows.find(({ part, rotation }) => part.startsWith('redis') && rotation === 'primary')?.part ?? '';
  }

  /** Reads and writes that PostgreSQL can serve, at a steady rate; the function that it returns ends them and tells what failed. */
  function using(): () => Promise<{ sent: number; failed: string[] }> {
    const failed: string[] = [];
    const under: Promise<void>[] = [];
    let isOver = false;
    const note = async (what: string, status: Promise<{ status: number; text: string }>) => {
      const got = await status.catch((error: Error) => ({ status: 0, text: error.message }));
      if (got.status < 200 || got.status >= 300)
        failed.push(`${what}: ${got.status} ${got.text.slice(0, 200)}`);
    };
    const done = (async () => {
      for (let count = 0; !isOver; count += 1) {
        under.push(note('feed', grace.request('get', '/v1/feed')));
        const comment = { text: `seen ${count}` };
        under.push(note('comment', grace.request('post', `/v1/posts/${first.id}/comments`, comment)));
        await sleep(EVERY);
      }
    })();
    return async () => {
      isOver = true;
      await done;
      await Promise.all(under);
      return { sent: under.length, failed };
    };
  }

  /** People see exactly what PostgreSQL has. */
  async function isRight(): Promise<void> {
    const sql = `SELECT count(*)::int AS comments FROM comments WHERE post_id = ${first.id}`;
    const [truth] = await askOnce<{ comments: number }>(databaseUrl, sql);
    const feed = (await grace.request('get', '/v1/feed')).body as Page<Post>;
    expect(feed.items.map(({ id }) => id)).toEqual(posted);
    expect(feed.items.at(-1)?.counts.comments).toBe(truth?.comments);
    const post = (await ada.request('get', `/v1/posts/${first.id}`)).body as Post;
    expect(post.counts.comments).toBe(truth?.comments);
  }

  async function drill(name: string, fault: 'kill' | 'pause' | 'unplug', away: number): Promise<void> {
    const was = await primary();
    const over = using();
    await sleep(1_000);
    witness.reset();
    const begun = performance.now();
    await fleet.order(fault, was);
    // A photo is developed and its post delivered although nobody can be told of either.
    await share();
    await expect.poll(primary, { timeout: patient(60_000), interval: 200 }).not.toBe(was);
    await sleep(Math.max(0, away - (performance.now() - begun)));
    await fleet.order(fault === 'unplug' ? 'plug' : 'start', was);
    await share();
    const { sent, failed } = await over();
    const ended = performance.now();
    await expect
      .poll(() => isRight().then(() => 'right', String), { timeout: patient(RIGHT_WITHIN), interval: 500 })
      .toBe('right');
    const right = (performance.now() - ended) / 1_000;
    const now = await primary();
    console.log(
      `${name}: Redis took no write for ${(witness.gap / 1_000).toFixed(1)} s; ${failed.length} of ${sent} requests failed; right ${right.toFixed(1)} s after the last; ${was} -> ${now}`,
    );
    expect(failed.slice(0, 5)).toEqual([]);
    expect(await witness.lost()).toEqual([]);
    expect(witness.gap).toBeLessThan(patient(16_000));
    await fleet.untilWhole();
  }

  test('its primary is killed', LIMIT, () => drill('killed', 'kill', 0));
  test('its primary hangs, and wakes up', LIMIT, () => drill('stopped', 'pause', STOPPED));
  test.skipIf(!hostsPossible)('the host of its primary is lost', LIMIT, () =>
    drill('host lost', 'unplug', 0),
  );
});
