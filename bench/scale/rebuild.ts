import { Agent } from 'node:http';
import { skewed } from '../people/chance.ts';
import { ListeningApi } from '../people/listening-api.ts';
import { quantile, timedGet } from '../measuring.ts';
import type { Scenario } from './scenario.ts';

const FOLLOWEES = 1_000;
const READERS = 60;
/** The first reader here; `measurePages` reads lower ones. */
const FROM = 400;

/** The cost of rebuilding the feed of a reader who follows a thousand people and was away for long. */
export interface Rebuild {
  followees: number;
  /** The first page of each such reader, one after the other, over HTTP. Milliseconds. */
  p50: number;
  p99: number;
  /** The statement that finds the posts: its own milliseconds and the rows that it read, in the median. */
  statement: number;
  rowsRead: number;
}

/** Each follows a thousand people, preferably those with many followers, as everybody does. */
async function followMany(scenario: Scenario, readers: readonly number[]): Promise<void> {
  for (const reader of readers) {
    const chosen = new Set<string>();
    for (let step = 0; chosen.size < FOLLOWEES; step += 1)
      chosen.add(scenario.dataset.userId(skewed(scenario.users, 3, step, 1_000 + reader)));
    const pair = [scenario.dataset.userId(reader), [...chosen]];
    for (const [table, owner, other] of [
      ['follows', '$1::bigint', 'one'],
      ['followers', 'one', '$1::bigint'],
    ])
      await scenario.client.query(
        `INSERT INTO ${table} (shard, ${table === 'follows' ? 'follower_id, followee_id' : 'followee_id, follower_id'}, id)
         SELECT shard_of(${owner}), ${owner}, ${other}, next_id(shard_of(${owner})) FROM unnest($2::bigint[]) one
         ON CONFLICT DO NOTHING`,
        pair,
      );
  }
  await scenario.client.query('ANALYZE follows, followers');
}

/** The statements' plans, as the api runs them for readers without a feed; none may read a table from end to end. */
async function plansOf(
  scenario: Scenario,
  readers: readonly number[],
): Promise<{ took: number[]; read: number[] }> {
  const listening = await ListeningApi.start(scenario, false);
  const [took, rows]: [number[], number[]] = [[], []];
  try {
    for (const reader of readers) {
      await listening.get('/v1/feed', reader);
      const explained = await listening.explain();
      for (const { name, work } of explained)
        if (work.sequential.length > 0)
          throw new Error(`${name} reads ${work.sequential.join(', ')} from end to end`);
      const builds = explained.filter(({ name }) => name === 'feed.newest');
      if (builds.length !== 1) throw new Error(`expected one query for a feed but heard ${builds.length}`);
      took.push(builds[0]?.work.milliseconds ?? Number.NaN);
      rows.push(builds[0]?.work.read ?? Number.NaN);
    }
  } finally {
    await listening.stop();
  }
  return { took, read: rows };
}

export async function measureRebuild(scenario: Scenario): Promise<Rebuild> {
  const readers = scenario.drawn(FROM, READERS);
  await followMany(scenario, readers);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const [some, others] = [readers.slice(0, READERS / 2), readers.slice(READERS / 2)];
  const times: number[] = [];
  for (const reader of some)
    times.push(await timedGet(agent, `${scenario.api.url}/v1/feed`, scenario.person(reader).headers));
  agent.destroy();
  const { took, read: rows } = await plansOf(scenario, others);
  return {
    followees: FOLLOWEES,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    statement: quantile(took, 0.5),
    rowsRead: quantile(rows, 0.5),
  };
}
